#include <curl/curl.h>

// Swift cannot call functions with variable arguments, and libcurl checks their types by macro: one function a type.

/// Variadic in the library: curl_easy_setopt with a number.
static inline CURLcode sibyl_curl_set_long(CURL *handle, CURLoption option, long value)
{
    return (curl_easy_setopt)(handle, option, value);
}

/// Variadic in the library: curl_easy_setopt with a 64-bit number.
static inline CURLcode sibyl_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value)
{
    return (curl_easy_setopt)(handle, option, value);
}

/// Variadic in the library: curl_easy_setopt with a text, which libcurl copies.
static inline CURLcode sibyl_curl_set_text(CURL *handle, CURLoption option, const char *value)
{
    return (curl_easy_setopt)(handle, option, value);
}

/// Variadic in the library: curl_easy_setopt with a pointer, which libcurl keeps.
static inline CURLcode sibyl_curl_set_pointer(CURL *handle, CURLoption option, void *value)
{
    return (curl_easy_setopt)(handle, option, value);
}

/// Variadic in the library: curl_easy_setopt with a header list, which must outlive the transfer.
static inline CURLcode sibyl_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value)
{
    return (curl_easy_setopt)(handle, option, value);
}

typedef size_t (*sibyl_curl_bytes)(char *bytes, size_t size, size_t count, void *context);
typedef int (*sibyl_curl_progress)(void *context, curl_off_t download_total, curl_off_t downloaded,
                                   curl_off_t upload_total, curl_off_t uploaded);

/// Variadic in the library: curl_easy_setopt with a function for bytes read or written.
static inline CURLcode sibyl_curl_set_bytes(CURL *handle, CURLoption option, sibyl_curl_bytes function)
{
    return (curl_easy_setopt)(handle, option, function);
}

typedef int (*sibyl_curl_seek)(void *context, curl_off_t offset, int origin);

/// Variadic in the library: curl_easy_setopt with the function that goes back in an upload.
static inline CURLcode sibyl_curl_set_seek(CURL *handle, sibyl_curl_seek function)
{
    return (curl_easy_setopt)(handle, CURLOPT_SEEKFUNCTION, function);
}

/// Variadic in the library: curl_easy_setopt with the progress function.
static inline CURLcode sibyl_curl_set_progress(CURL *handle, sibyl_curl_progress function)
{
    return (curl_easy_setopt)(handle, CURLOPT_XFERINFOFUNCTION, function);
}

/// Variadic in the library: curl_easy_getinfo for the answer's status.
static inline long sibyl_curl_status(CURL *handle)
{
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return status;
}
