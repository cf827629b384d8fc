#include <microhttpd.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

// Swift cannot call functions with variable arguments; each function here wraps one use of them.

/// Everything that a daemon is started with.
struct sibyl_daemon_settings {
    unsigned int flags;
    unsigned int connection_limit;
    unsigned int idle_seconds;
    size_t connection_memory_bytes;
    int strict;
    /// PEM texts; NULL without TLS.
    const char *tls_certificate;
    const char *tls_key;
    const char *tls_priorities;
    /// Handed to every callback.
    void *context;
    MHD_AccessHandlerCallback handle;
    void *(*begin)(void *context, const char *target, struct MHD_Connection *connection);
    MHD_RequestCompletedCallback complete;
    MHD_NotifyConnectionCallback notify;
};

/// Variadic in the library: MHD_start_daemon.
static inline struct MHD_Daemon *sibyl_start_daemon(const struct sibyl_daemon_settings *settings)
{
    struct MHD_OptionItem options[14];
    int count = 0;
#define SIBYL_OPTION(name, number, pointer) \
    options[count++] = (struct MHD_OptionItem){name, (intptr_t)(number), (void *)(pointer)}
    SIBYL_OPTION(MHD_OPTION_CONNECTION_LIMIT, settings->connection_limit, NULL);
    SIBYL_OPTION(MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_seconds, NULL);
    SIBYL_OPTION(MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->connection_memory_bytes, NULL);
    SIBYL_OPTION(MHD_OPTION_STRICT_FOR_CLIENT, settings->strict, NULL);
    SIBYL_OPTION(MHD_OPTION_URI_LOG_CALLBACK, settings->begin, settings->context);
    SIBYL_OPTION(MHD_OPTION_NOTIFY_COMPLETED, settings->complete, settings->context);
    SIBYL_OPTION(MHD_OPTION_NOTIFY_CONNECTION, settings->notify, settings->context);
    if (settings->tls_certificate) {
        SIBYL_OPTION(MHD_OPTION_HTTPS_MEM_CERT, 0, settings->tls_certificate);
        SIBYL_OPTION(MHD_OPTION_HTTPS_MEM_KEY, 0, settings->tls_key);
        SIBYL_OPTION(MHD_OPTION_HTTPS_PRIORITIES, 0, settings->tls_priorities);
    }
    SIBYL_OPTION(MHD_OPTION_END, 0, NULL);
#undef SIBYL_OPTION
    return MHD_start_daemon(settings->flags, 0, NULL, NULL, settings->handle, settings->context,
                            MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

/// Variadic in the library: MHD_get_connection_info. The address is valid while the connection is open.
static inline const struct sockaddr *sibyl_client_address(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : NULL;
}

/// Variadic in the library: MHD_get_connection_info. -1 when there is none.
static inline int sibyl_connection_socket(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/// Variadic in the library: MHD_get_connection_info. What `notify` left with the connection.
static inline void *sibyl_socket_context(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/// Variadic in the library: MHD_set_response_options. Makes a body of unknown length end with its connection.
static inline enum MHD_Result sibyl_end_with_connection(struct MHD_Response *response)
{
    return MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
}

/// Shown by the C library's headers to GNU programs only.
extern int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);

/// Not in the C library's headers: TCP_NOTSENT_LOWAT. Bounds the bytes that wait in the kernel and were never sent.
static inline void sibyl_limit_unsent(int socket, int bytes)
{
    setsockopt(socket, IPPROTO_TCP, 25, &bytes, sizeof bytes);
}

/// Gives the bytes that the other end has acknowledged since the connection was made: `tcpi_bytes_acked` of TCP_INFO, which the
/// C library's struct lacks and linux/tcp.h, which has it, cannot be included beside the C library's.
///
/// Returns the bytes that wait in the kernel, sent or not, for the other end to acknowledge them.
static inline int sibyl_taken_bytes(int socket, uint64_t *taken)
{
    unsigned char info[256];
    socklen_t size = sizeof info;
    int waiting = 0;
    if (getsockopt(socket, IPPROTO_TCP, 11, info, &size) != 0 || size < 128) return 0;
    memcpy(taken, info + 120, sizeof *taken);
    return ioctl(socket, TIOCOUTQ, &waiting) == 0 ? waiting : 0;
}
