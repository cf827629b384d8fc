// SHA256_CTX is the one hash state that OpenSSL lets a program keep and go on with; since 3.0 it is marked as deprecated
// in favour of states that cannot be kept.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
