#define _GNU_SOURCE
#include "CServer.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

// The functions of libmicrohttpd that are used.
static struct {
  __typeof__(MHD_start_daemon) *start;
  __typeof__(MHD_stop_daemon) *stop;
  __typeof__(MHD_get_daemon_info) *info;
  __typeof__(MHD_lookup_connection_value) *lookup;
  __typeof__(MHD_create_response_from_buffer) *from_buffer;
  __typeof__(MHD_create_response_from_callback) *from_callback;
  __typeof__(MHD_add_response_header) *add_header;
  __typeof__(MHD_queue_response) *queue;
  __typeof__(MHD_destroy_response) *destroy;
  __typeof__(MHD_suspend_connection) *suspend;
  __typeof__(MHD_resume_connection) *resume;
} mhd;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char load_failure[CSERVER_TEXT];

static void *symbol(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (!found) snprintf(load_failure, sizeof load_failure, "libmicrohttpd has no function %s", name);
  return found;
}

static void load(void) {
  void *library = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(load_failure, sizeof load_failure, "%s", dlerror());
    return;
  }
  mhd.start = symbol(library, "MHD_start_daemon");
  mhd.stop = symbol(library, "MHD_stop_daemon");
  mhd.info = symbol(library, "MHD_get_daemon_info");
  mhd.lookup = symbol(library, "MHD_lookup_connection_value");
  mhd.from_buffer = symbol(library, "MHD_create_response_from_buffer");
  mhd.from_callback = symbol(library, "MHD_create_response_from_callback");
  mhd.add_header = symbol(library, "MHD_add_response_header");
  mhd.queue = symbol(library, "MHD_queue_response");
  mhd.destroy = symbol(library, "MHD_destroy_response");
  mhd.suspend = symbol(library, "MHD_suspend_connection");
  mhd.resume = symbol(library, "MHD_resume_connection");
}

struct cserver {
  struct MHD_Daemon *daemon;
  cserver_handler handler;
  void *context;
  pthread_mutex_t lock;
  cserver_stream *streams; // those that MHD still holds
  pthread_cond_t answered; // when there is one promise less
  size_t promises;         // answers that were promised and are not given
};

enum { headers = 12, waiting_limit = 256 << 10, memory_limit = 32 << 10 };

struct cserver_request {
  cserver *server;
  struct MHD_Connection *connection;
  const char *path;
  struct {
    char *name, *value;
  } added[headers];
  size_t added_count;
  enum MHD_Result result;
  int is_answered;
  cserver_promise *promise; // given by the handler
};

struct cserver_promise {
  cserver_request request; // with its own header fields
  unsigned status;
  struct MHD_Response *response;
};

struct cserver_stream {
  cserver *server;
  struct MHD_Connection *connection;
  atomic_int holders; // MHD and the caller
  pthread_mutex_t lock;
  uint8_t *waiting;
  size_t count, capacity;
  int is_suspended, is_closed, is_gone;
  // Guarded by the server's lock.
  cserver_stream *next, *previous;
  int is_stopping;
};

// Streams

static void let_go(cserver_stream *stream) {
  if (atomic_fetch_sub(&stream->holders, 1) != 1) return;
  pthread_mutex_destroy(&stream->lock);
  free(stream->waiting);
  free(stream);
}

// With the stream's lock held.
static void wake(cserver_stream *stream) {
  if (!stream->is_suspended || stream->is_gone) return;
  stream->is_suspended = 0;
  mhd.resume(stream->connection);
}

// MHD asks for more bytes.
static ssize_t give(void *context, uint64_t position, char *buffer, size_t size) {
  (void)position;
  cserver_stream *stream = context;
  pthread_mutex_lock(&stream->lock);
  ssize_t given;
  if (stream->count) {
    given = (ssize_t)(stream->count < size ? stream->count : size);
    memcpy(buffer, stream->waiting, (size_t)given);
    stream->count -= (size_t)given;
    memmove(stream->waiting, stream->waiting + given, stream->count);
  } else if (stream->is_closed) {
    given = MHD_CONTENT_READER_END_OF_STREAM;
  } else {
    given = 0;
    stream->is_suspended = 1;
    mhd.suspend(stream->connection);
  }
  pthread_mutex_unlock(&stream->lock);
  return given;
}

// MHD is done with the stream: the reader has gone, or all is sent.
static void forget(void *context) {
  cserver_stream *stream = context;
  cserver *server = stream->server;
  pthread_mutex_lock(&server->lock);
  if (stream->previous)
    stream->previous->next = stream->next;
  else
    server->streams = stream->next;
  if (stream->next) stream->next->previous = stream->previous;
  pthread_mutex_unlock(&server->lock);
  pthread_mutex_lock(&stream->lock);
  stream->is_gone = 1;
  pthread_mutex_unlock(&stream->lock);
  let_go(stream);
}

int cserver_write(cserver_stream *stream, const uint8_t *bytes, size_t count) {
  pthread_mutex_lock(&stream->lock);
  int status = stream->is_closed || stream->is_gone ? -1 : 0;
  if (!status && stream->count + count > waiting_limit) status = -1;
  if (!status && stream->count + count > stream->capacity) {
    size_t capacity = 2 * (stream->count + count);
    uint8_t *larger = realloc(stream->waiting, capacity);
    if (larger)
      stream->waiting = larger, stream->capacity = capacity;
    else
      status = -1;
  }
  if (!status) {
    memcpy(stream->waiting + stream->count, bytes, count);
    stream->count += count;
  } else {
    stream->is_closed = 1;
  }
  wake(stream);
  pthread_mutex_unlock(&stream->lock);
  return status;
}

void cserver_close(cserver_stream *stream) {
  pthread_mutex_lock(&stream->lock);
  stream->is_closed = 1;
  wake(stream);
  pthread_mutex_unlock(&stream->lock);
}

void cserver_release(cserver_stream *stream) { let_go(stream); }

// Requests

const char *cserver_path(const cserver_request *request) { return request->path; }

const char *cserver_header(const cserver_request *request, const char *name) {
  return mhd.lookup(request->connection, MHD_HEADER_KIND, name);
}

const char *cserver_argument(const cserver_request *request, const char *name) {
  return mhd.lookup(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

void cserver_add_header(cserver_request *request, const char *name, const char *value) {
  if (request->added_count == headers) return;
  request->added[request->added_count].name = strdup(name);
  request->added[request->added_count].value = strdup(value);
  request->added_count++;
}

static void forget_headers(cserver_request *request) {
  for (size_t index = 0; index < request->added_count; index++) free(request->added[index].name), free(request->added[index].value);
}

static void queue(cserver_request *request, unsigned status, struct MHD_Response *response) {
  if (!response || request->is_answered) {
    if (response) mhd.destroy(response);
    return;
  }
  for (size_t index = 0; index < request->added_count; index++)
    if (request->added[index].name && request->added[index].value)
      mhd.add_header(response, request->added[index].name, request->added[index].value);
  request->is_answered = 1;
  request->result = mhd.queue(request->connection, status, response);
  mhd.destroy(response);
}

void cserver_answer(cserver_request *request, unsigned status, const uint8_t *bytes, size_t count) {
  queue(request, status, mhd.from_buffer(count, (void *)(uintptr_t)bytes, MHD_RESPMEM_MUST_COPY));
}

cserver_promise *cserver_answer_later(cserver_request *request) {
  cserver_promise *promise = request->is_answered || request->promise ? NULL : calloc(1, sizeof *promise);
  if (!promise) return NULL;
  promise->request.server = request->server;
  promise->request.connection = request->connection;
  request->promise = promise;
  request->result = MHD_YES;
  pthread_mutex_lock(&request->server->lock);
  request->server->promises++;
  pthread_mutex_unlock(&request->server->lock);
  mhd.suspend(request->connection);
  return promise;
}

cserver_request *cserver_promised(cserver_promise *promise) { return &promise->request; }

void cserver_keep(cserver_promise *promise, unsigned status, const uint8_t *bytes, size_t count) {
  cserver *server = promise->request.server;
  promise->status = status;
  promise->response = mhd.from_buffer(count, (void *)(uintptr_t)bytes, MHD_RESPMEM_MUST_COPY);
  mhd.resume(promise->request.connection);
  // From here on the promise is the connection's.
  pthread_mutex_lock(&server->lock);
  server->promises--;
  pthread_cond_broadcast(&server->answered);
  pthread_mutex_unlock(&server->lock);
}

cserver_stream *cserver_answer_stream(cserver_request *request) {
  cserver_stream *stream = calloc(1, sizeof *stream);
  if (!stream) return NULL;
  stream->server = request->server;
  stream->connection = request->connection;
  atomic_init(&stream->holders, 2);
  pthread_mutex_init(&stream->lock, NULL);
  struct MHD_Response *response = mhd.from_callback(MHD_SIZE_UNKNOWN, 4096, give, stream, forget);
  if (!response) {
    stream->is_gone = 1;
    let_go(stream);
    return stream;
  }
  cserver *server = request->server;
  pthread_mutex_lock(&server->lock);
  stream->next = server->streams;
  if (server->streams) server->streams->previous = stream;
  server->streams = stream;
  pthread_mutex_unlock(&server->lock);
  queue(request, MHD_HTTP_OK, response);
  return stream;
}

static enum MHD_Result answer_text(cserver_request *request, unsigned status, const char *text) {
  cserver_add_header(request, "Content-Type", "text/plain; charset=utf-8");
  cserver_answer(request, status, (const uint8_t *)text, strlen(text));
  return request->result;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                              const char *upload, size_t *upload_size, void **state) {
  (void)version, (void)upload;
  cserver *server = context;
  cserver_request request = {.server = server, .connection = connection, .path = url, .result = MHD_NO};
  if (*state && *state != server) {
    // The handler promised this answer, and now it is here.
    cserver_promise *promise = *state;
    *state = server;
    queue(&promise->request, promise->status, promise->response);
    enum MHD_Result result = promise->request.result;
    forget_headers(&promise->request);
    free(promise);
    return result;
  }
  const char *length = cserver_header(&request, "Content-Length");
  if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
    cserver_add_header(&request, "Allow", "GET, HEAD");
    answer_text(&request, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET and HEAD are answered.\n");
  } else if (*upload_size || (length && strcmp(length, "0") != 0) || cserver_header(&request, "Transfer-Encoding")) {
    answer_text(&request, 413, "Requests with a body are not answered.\n");
  } else if (!*state) {
    // The head of the request is here. An answer now would close the connection; MHD calls once more when all of it is read.
    *state = server;
    return MHD_YES;
  } else {
    server->handler(server->context, &request);
    if (request.promise)
      *state = request.promise;
    else if (!request.is_answered)
      answer_text(&request, MHD_HTTP_INTERNAL_SERVER_ERROR, "There was no answer.\n");
  }
  forget_headers(&request);
  return request.result;
}

// A request is over: if its connection broke before what was promised could be sent, nobody wants that any more.
static void end(void *context, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code) {
  (void)connection, (void)code;
  cserver_promise *promise = *state;
  if (!promise || *state == context) return;
  if (promise->response) mhd.destroy(promise->response);
  forget_headers(&promise->request);
  free(promise);
}

// Servers

static void quiet(void *context, const char *format, va_list arguments) { (void)context, (void)format, (void)arguments; }

static void destroy(cserver *server) {
  pthread_cond_destroy(&server->answered);
  pthread_mutex_destroy(&server->lock);
  free(server);
}

cserver *cserver_start(const cserver_options *options, cserver_handler handler, void *context, uint16_t *port, char *message) {
  pthread_once(&once, load);
  if (*load_failure) {
    snprintf(message, CSERVER_TEXT, "%s", load_failure);
    errno = ENOSYS;
    return NULL;
  }
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(options->port)};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(options->port)};
  const struct sockaddr *address = NULL;
  unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
  if (inet_pton(AF_INET, options->address, &four.sin_addr) == 1) {
    address = (const struct sockaddr *)&four;
  } else if (inet_pton(AF_INET6, options->address, &six.sin6_addr) == 1) {
    address = (const struct sockaddr *)&six;
    flags |= MHD_USE_IPv6;
  } else {
    snprintf(message, CSERVER_TEXT, "expected an IPv4 or IPv6 address");
    errno = EINVAL;
    return NULL;
  }
  cserver *server = calloc(1, sizeof *server);
  if (!server) {
    snprintf(message, CSERVER_TEXT, "%s", strerror(ENOMEM));
    return NULL;
  }
  server->handler = handler;
  server->context = context;
  pthread_mutex_init(&server->lock, NULL);
  pthread_cond_init(&server->answered, NULL);
  errno = 0;
  server->daemon =
      mhd.start(flags, options->port, NULL, NULL, handle, server, MHD_OPTION_NOTIFY_COMPLETED, end, server, MHD_OPTION_EXTERNAL_LOGGER,
                quiet, NULL, MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_THREAD_POOL_SIZE, options->threads, MHD_OPTION_CONNECTION_LIMIT,
                options->connections, MHD_OPTION_CONNECTION_TIMEOUT, options->seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                (size_t)memory_limit, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
  if (!server->daemon) {
    int reason = errno ? errno : EIO;
    snprintf(message, CSERVER_TEXT, "%s", strerror(reason));
    destroy(server);
    errno = reason;
    return NULL;
  }
  const union MHD_DaemonInfo *info = mhd.info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
  *port = info ? info->port : options->port;
  return server;
}

void cserver_stop(cserver *server) {
  pthread_mutex_lock(&server->lock);
  while (server->promises) pthread_cond_wait(&server->answered, &server->lock);
  pthread_mutex_unlock(&server->lock);
  // MHD does not stop while a connection is suspended. It may forget one at any time, and then wants the lock: so each is held on to first.
  for (;;) {
    pthread_mutex_lock(&server->lock);
    cserver_stream *open = server->streams;
    while (open && open->is_stopping) open = open->next;
    if (open) {
      open->is_stopping = 1;
      atomic_fetch_add(&open->holders, 1);
    }
    pthread_mutex_unlock(&server->lock);
    if (!open) break;
    cserver_close(open);
    let_go(open);
  }
  mhd.stop(server->daemon);
  destroy(server);
}
