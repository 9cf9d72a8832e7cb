#include "CTransfer.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// The functions of libcurl that are used.
static struct {
  __typeof__(curl_global_init) *global_init;
  __typeof__(curl_easy_init) *init;
  __typeof__(curl_easy_setopt) *setopt;
  __typeof__(curl_easy_getinfo) *getinfo;
  __typeof__(curl_easy_perform) *perform;
  __typeof__(curl_easy_strerror) *strerror;
  __typeof__(curl_easy_cleanup) *cleanup;
  __typeof__(curl_slist_append) *append;
  __typeof__(curl_slist_free_all) *free_all;
} curl;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char load_failure[CTRANSFER_TEXT];

static void *symbol(void *library, const char *name) {
  void *found = library ? dlsym(library, name) : NULL;
  if (library && !found) snprintf(load_failure, sizeof load_failure, "libcurl has no function %s", name);
  return found;
}

static void load(void) {
  void *library = NULL;
  // The second name is that of Debian's libcurl with GnuTLS.
  static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
  for (size_t index = 0; !library && index < sizeof names / sizeof *names; ++index) {
    library = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
    if (!library && !*load_failure) snprintf(load_failure, sizeof load_failure, "%s", dlerror());
  }
  if (!library) return;
  *load_failure = 0;
  curl.global_init = symbol(library, "curl_global_init");
  curl.init = symbol(library, "curl_easy_init");
  curl.setopt = symbol(library, "curl_easy_setopt");
  curl.getinfo = symbol(library, "curl_easy_getinfo");
  curl.perform = symbol(library, "curl_easy_perform");
  curl.strerror = symbol(library, "curl_easy_strerror");
  curl.cleanup = symbol(library, "curl_easy_cleanup");
  curl.append = symbol(library, "curl_slist_append");
  curl.free_all = symbol(library, "curl_slist_free_all");
  if (!*load_failure && curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    snprintf(load_failure, sizeof load_failure, "libcurl cannot be initialised");
  }
}

typedef struct transfer {
  const ctransfer_request *request;
  CURL *handle;
  ctransfer_answer answer;
  char modified[CTRANSFER_TEXT];
  int has_begun;
  int is_ended; // by the caller
} transfer;

// The value of a header line of that name, without the blanks around it; NULL if the line is another. Writes into `line`.
static char *value_of(char *line, const char *name) {
  const size_t length = strlen(name);
  if (strncasecmp(line, name, length) != 0 || line[length] != ':') return NULL;
  char *value = line + length + 1;
  value += strspn(value, " \t");
  size_t end = strlen(value);
  while (end && strchr(" \t\r\n", value[end - 1])) --end;
  value[end] = 0;
  return value;
}

static size_t header(char *bytes, size_t size, size_t count, void *context) {
  transfer *self = context;
  const size_t length = size * count;
  char line[CTRANSFER_TEXT];
  // A longer one is none of those that count.
  if (length >= sizeof line) return length;
  memcpy(line, bytes, length);
  line[length] = 0;
  char *value;
  if (strncmp(line, "HTTP/", 5) == 0) {
    // A new answer, after a redirection for example.
    self->answer = (ctransfer_answer){.offset = -1, .total = -1};
    *self->modified = 0;
  } else if ((value = value_of(line, "ETag"))) {
    // A weak one does not promise the same bytes.
    if (strncmp(value, "W/", 2) != 0) snprintf(self->answer.validator, sizeof self->answer.validator, "%s", value);
  } else if ((value = value_of(line, "Last-Modified"))) {
    snprintf(self->modified, sizeof self->modified, "%s", value);
  } else if ((value = value_of(line, "Content-Range"))) {
    long long first, last, total;
    const int found = sscanf(value, "bytes %lld-%lld/%lld", &first, &last, &total);
    if (found >= 2) self->answer.offset = first;
    if (found == 3) self->answer.total = total;
  }
  return length;
}

// Tells the caller the answer, once.
static int begin(transfer *self) {
  if (self->has_begun) return !self->is_ended;
  self->has_begun = 1;
  ctransfer_answer *answer = &self->answer;
  curl.getinfo(self->handle, CURLINFO_RESPONSE_CODE, &answer->status);
  curl_off_t length = -1;
  curl.getinfo(self->handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (answer->status == 0) {
    answer->status = self->request->offset > 0 ? 206 : 200;
    answer->offset = self->request->offset;
  }
  if (answer->status == 200) answer->offset = 0;
  if (answer->total < 0 && answer->offset >= 0 && length >= 0) answer->total = answer->offset + length;
  if (!*answer->validator) memcpy(answer->validator, self->modified, sizeof answer->validator);
  self->is_ended = self->request->begin(self->request->context, answer) != 0;
  return !self->is_ended;
}

static size_t take(char *bytes, size_t size, size_t count, void *context) {
  transfer *self = context;
  if (!begin(self)) return 0;
  self->is_ended = self->request->take(self->request->context, (const uint8_t *)bytes, size * count) != 0;
  return self->is_ended ? 0 : size * count;
}

static int progress(void *context, curl_off_t total, curl_off_t now, curl_off_t upload, curl_off_t uploaded) {
  (void)total, (void)now, (void)upload, (void)uploaded;
  transfer *self = context;
  if (self->request->is_stopped(self->request->context)) self->is_ended = 1;
  return self->is_ended;
}

// The certificates that the environment names, as for curl(1).
static const char *certificates(void) {
  static const char *const names[] = {"CURL_CA_BUNDLE", "SSL_CERT_FILE"};
  for (size_t index = 0; index < sizeof names / sizeof *names; ++index) {
    const char *path = getenv(names[index]);
    if (path && *path) return path;
  }
  return NULL;
}

// A redirection leads to HTTP only, never to a file.
static void allow(CURL *handle, int is_file) {
#if LIBCURL_VERSION_NUM >= 0x075500
  curl.setopt(handle, CURLOPT_PROTOCOLS_STR, is_file ? "file" : "http,https");
  curl.setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
  curl.setopt(handle, CURLOPT_PROTOCOLS, (long)(is_file ? CURLPROTO_FILE : CURLPROTO_HTTP | CURLPROTO_HTTPS));
  curl.setopt(handle, CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

ctransfer_end ctransfer_fetch(const ctransfer_request *request, char message[CTRANSFER_TEXT]) {
  pthread_once(&once, load);
  if (*load_failure) {
    snprintf(message, CTRANSFER_TEXT, "%s", load_failure);
    return CTRANSFER_LIBRARY_UNAVAILABLE;
  }
  transfer self = {.request = request, .handle = curl.init(), .answer = {.offset = -1, .total = -1}};
  if (!self.handle) {
    snprintf(message, CTRANSFER_TEXT, "libcurl has no memory");
    return CTRANSFER_FAILED;
  }
  char reason[CURL_ERROR_SIZE] = "";
  struct curl_slist *headers = NULL;
  curl.setopt(self.handle, CURLOPT_URL, request->url);
  curl.setopt(self.handle, CURLOPT_USERAGENT, "stn-zoo");
  curl.setopt(self.handle, CURLOPT_ERRORBUFFER, reason);
  // Signals are the program's own.
  curl.setopt(self.handle, CURLOPT_NOSIGNAL, 1L);
  // What is meant for one server is not sent to another.
  curl.setopt(self.handle, CURLOPT_FOLLOWLOCATION, request->headers || request->is_post ? 0L : 1L);
  curl.setopt(self.handle, CURLOPT_MAXREDIRS, 10L);
  allow(self.handle, strncasecmp(request->url, "file:", 5) == 0);
  curl.setopt(self.handle, CURLOPT_CONNECTTIMEOUT, request->connect_seconds);
  curl.setopt(self.handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl.setopt(self.handle, CURLOPT_LOW_SPEED_TIME, request->stall_seconds);
  curl.setopt(self.handle, CURLOPT_HEADERFUNCTION, header);
  curl.setopt(self.handle, CURLOPT_HEADERDATA, &self);
  curl.setopt(self.handle, CURLOPT_WRITEFUNCTION, take);
  curl.setopt(self.handle, CURLOPT_WRITEDATA, &self);
  curl.setopt(self.handle, CURLOPT_NOPROGRESS, 0L);
  curl.setopt(self.handle, CURLOPT_XFERINFOFUNCTION, progress);
  curl.setopt(self.handle, CURLOPT_XFERINFODATA, &self);
  if (certificates()) curl.setopt(self.handle, CURLOPT_CAINFO, certificates());
  if (request->offset > 0) {
    char range[32];
    snprintf(range, sizeof range, "%lld-", (long long)request->offset);
    curl.setopt(self.handle, CURLOPT_RANGE, range);
    if (request->if_range && *request->if_range) {
      char line[CTRANSFER_TEXT + 16];
      snprintf(line, sizeof line, "If-Range: %s", request->if_range);
      headers = curl.append(headers, line);
    }
  }
  for (const char *const *line = request->headers; line && *line; ++line) headers = curl.append(headers, *line);
  if (headers) curl.setopt(self.handle, CURLOPT_HTTPHEADER, headers);
  if (request->is_post) {
    curl.setopt(self.handle, CURLOPT_POST, 1L);
    curl.setopt(self.handle, CURLOPT_POSTFIELDS, request->body_size ? (const char *)request->body : "");
    curl.setopt(self.handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
  }
  const CURLcode code = curl.perform(self.handle);
  // An answer without any bytes is one, too.
  if (code == CURLE_OK) begin(&self);
  ctransfer_end end = self.is_ended ? CTRANSFER_ENDED_BY_CALLER : code == CURLE_OK ? CTRANSFER_DONE : CTRANSFER_FAILED;
  if (end == CTRANSFER_FAILED) snprintf(message, CTRANSFER_TEXT, "%s", *reason ? reason : curl.strerror(code));
  curl.cleanup(self.handle);
  curl.free_all(headers);
  return end;
}
