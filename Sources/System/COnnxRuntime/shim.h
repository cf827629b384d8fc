#include <stddef.h>
#include <stdint.h>

// The part of ONNX Runtime's C interface that Sibyl calls. The library offers one symbol, OrtGetApiBase, which hands out
// a table of functions. The table is only ever appended to, so a function is known by its position:
// https://onnxruntime.ai/docs/api/c/struct_ort_api.html (version 17 and later).

typedef struct OrtStatus OrtStatus;
typedef struct OrtEnv OrtEnv;
typedef struct OrtSession OrtSession;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtValue OrtValue;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtAllocator OrtAllocator;
typedef struct OrtTypeInfo OrtTypeInfo;
typedef struct OrtTensorInfo OrtTensorInfo;
typedef const void *const *OrtTable;

enum { SIBYL_ORT_API_VERSION = 17 };
enum { SIBYL_ORT_LOG_FATAL = 4 };
enum { SIBYL_ORT_ALLOCATOR_DEVICE = 0, SIBYL_ORT_MEMORY_DEFAULT = 0 };

struct sibyl_ort_base {
    OrtTable (*table)(uint32_t version);
    const char *(*version)(void);
};

static inline const struct sibyl_ort_base *sibyl_ort_call_base(void *symbol) {
    return ((const struct sibyl_ort_base *(*)(void))symbol)();
}

#define SIBYL_ORT(position, name, arguments, ...)                                    \
    static inline OrtStatus *sibyl_ort_##name(OrtTable table, __VA_ARGS__) {         \
        return ((OrtStatus * (*)(__VA_ARGS__)) table[position]) arguments;           \
    }
#define SIBYL_ORT_RELEASE(position, name, type)                                      \
    static inline void sibyl_ort_release_##name(OrtTable table, type *object) {      \
        ((void (*)(type *))table[position])(object);                                 \
    }

static inline const char *sibyl_ort_error_message(OrtTable table, const OrtStatus *status) {
    return ((const char *(*)(const OrtStatus *))table[2])(status);
}

SIBYL_ORT(3, create_env, (level, name, env), int level, const char *name, OrtEnv **env)
SIBYL_ORT(8, create_session_from_array, (env, bytes, count, options, session), const OrtEnv *env, const void *bytes,
          size_t count, const OrtSessionOptions *options, OrtSession **session)
SIBYL_ORT(9, run, (session, options, inputNames, inputs, inputCount, outputNames, outputCount, outputs),
          OrtSession *session, const OrtRunOptions *options, const char *const *inputNames, const OrtValue *const *inputs,
          size_t inputCount, const char *const *outputNames, size_t outputCount, OrtValue **outputs)
SIBYL_ORT(10, create_session_options, (options), OrtSessionOptions **options)
SIBYL_ORT(17, disable_memory_pattern, (options), OrtSessionOptions *options)
SIBYL_ORT(19, disable_cpu_arena, (options), OrtSessionOptions *options)
SIBYL_ORT(24, set_intra_op_threads, (options, count), OrtSessionOptions *options, int count)
SIBYL_ORT(25, set_inter_op_threads, (options, count), OrtSessionOptions *options, int count)
SIBYL_ORT(30, input_count, (session, count), const OrtSession *session, size_t *count)
SIBYL_ORT(31, output_count, (session, count), const OrtSession *session, size_t *count)
SIBYL_ORT(33, input_type, (session, index, info), const OrtSession *session, size_t index, OrtTypeInfo **info)
SIBYL_ORT(34, output_type, (session, index, info), const OrtSession *session, size_t index, OrtTypeInfo **info)
SIBYL_ORT(36, input_name, (session, index, allocator, name), const OrtSession *session, size_t index,
          OrtAllocator *allocator, char **name)
SIBYL_ORT(37, output_name, (session, index, allocator, name), const OrtSession *session, size_t index,
          OrtAllocator *allocator, char **name)
SIBYL_ORT(39, create_run_options, (options), OrtRunOptions **options)
SIBYL_ORT(46, terminate_runs, (options), OrtRunOptions *options)
SIBYL_ORT(48, create_tensor, (allocator, shape, rank, type, value), OrtAllocator *allocator, const int64_t *shape,
          size_t rank, int type, OrtValue **value)
SIBYL_ORT(49, create_tensor_over, (memory, bytes, count, shape, rank, type, value), const OrtMemoryInfo *memory,
          void *bytes, size_t count, const int64_t *shape, size_t rank, int type, OrtValue **value)
SIBYL_ORT(51, tensor_data, (value, data), OrtValue *value, void **data)
SIBYL_ORT(55, tensor_info_of_type, (type, info), const OrtTypeInfo *type, const OrtTensorInfo **info)
SIBYL_ORT(60, element_type, (info, type), const OrtTensorInfo *info, int *type)
SIBYL_ORT(61, dimension_count, (info, count), const OrtTensorInfo *info, size_t *count)
SIBYL_ORT(62, dimensions, (info, values, count), const OrtTensorInfo *info, int64_t *values, size_t count)
SIBYL_ORT(65, tensor_info_of_value, (value, info), const OrtValue *value, OrtTensorInfo **info)
SIBYL_ORT(69, create_cpu_memory_info, (allocator, memory, info), int allocator, int memory, OrtMemoryInfo **info)
SIBYL_ORT(76, free, (allocator, pointer), OrtAllocator *allocator, void *pointer)
SIBYL_ORT(78, default_allocator, (allocator), OrtAllocator **allocator)
SIBYL_ORT(130, add_session_entry, (options, key, value), OrtSessionOptions *options, const char *key,
          const char *value)
SIBYL_ORT(252, resized_string_buffer, (value, index, count, buffer), OrtValue *value, size_t index, size_t count,
          char **buffer)
SIBYL_ORT_RELEASE(93, status, OrtStatus)
SIBYL_ORT_RELEASE(95, session, OrtSession)
SIBYL_ORT_RELEASE(96, value, OrtValue)
SIBYL_ORT_RELEASE(97, run_options, OrtRunOptions)
SIBYL_ORT_RELEASE(98, type_info, OrtTypeInfo)
SIBYL_ORT_RELEASE(99, tensor_info, OrtTensorInfo)
SIBYL_ORT_RELEASE(100, session_options, OrtSessionOptions)
