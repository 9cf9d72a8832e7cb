// An HTTP server that answers GET and HEAD, by GNU libmicrohttpd, which is loaded when the first server starts.
//
// It refuses by itself: malformed requests (400), other methods (405), requests with a body (413), header lines and fields of more than
// 32 KiB in all (431), and more connections than its limit. A connection on which nothing moves for a while is closed.
#ifndef CSERVER_H
#define CSERVER_H

#include <stddef.h>
#include <stdint.h>

// Room that every message fits into, the final zero included.
#define CSERVER_TEXT 256

typedef struct cserver cserver;

// A request, valid until its handler returns.
typedef struct cserver_request cserver_request;

// An answer that is not there when the handler returns.
typedef struct cserver_promise cserver_promise;

// An answer that is sent bit by bit, as server-sent events are.
typedef struct cserver_stream cserver_stream;

// Answers a request by cserver_answer, cserver_answer_later or cserver_answer_stream, once. Called on several threads at a time.
typedef void (*cserver_handler)(void *context, cserver_request *request);

typedef struct cserver_options {
  const char *address;  // of IPv4 or IPv6, "127.0.0.1" for example
  uint16_t port;        // 0: one that is free
  uint32_t threads;     // that call the handler
  uint32_t connections; // most at a time
  uint32_t seconds;     // without anything sent or received, after which a connection is closed
} cserver_options;

// Starts a server. Returns NULL with one line in `message`, of CSERVER_TEXT bytes, and errno: ENOSYS where there is no library, EINVAL for
// a wrong address, else why it cannot listen there. `port` is where it listens.
cserver *cserver_start(const cserver_options *options, cserver_handler handler, void *context, uint16_t *port, char *message);

// Closes all connections, and returns when no handler runs any more.
void cserver_stop(cserver *server);

// The path, percent-decoded, without the query. It is UTF-8 only if the client sent that.
const char *cserver_path(const cserver_request *request);

// The first field of a header, or argument of the query, of that name; NULL without.
const char *cserver_header(const cserver_request *request, const char *name);
const char *cserver_argument(const cserver_request *request, const char *name);

// Adds a field to the answer; before it is answered.
void cserver_add_header(cserver_request *request, const char *name, const char *value);

// Answers; the bytes are copied.
void cserver_answer(cserver_request *request, unsigned status, const uint8_t *bytes, size_t count);

// Promises an answer, so that the thread can serve others until it is there. cserver_keep must follow, on any thread; NULL without memory.
cserver_promise *cserver_answer_later(cserver_request *request);

// Where fields of the promised answer are added.
cserver_request *cserver_promised(cserver_promise *promise);

// Answers what was promised; the bytes are copied. The promise is no more.
void cserver_keep(cserver_promise *promise, unsigned status, const uint8_t *bytes, size_t count);

// Answers with what is written to the stream from now on. The caller releases the stream.
cserver_stream *cserver_answer_stream(cserver_request *request);

// Sends bytes. Returns 0; -1 if the reader has gone, or if more than 256 KiB wait for it: then the stream is closed.
int cserver_write(cserver_stream *stream, const uint8_t *bytes, size_t count);

// Ends the stream; nothing can be written after.
void cserver_close(cserver_stream *stream);
void cserver_release(cserver_stream *stream);

#endif
