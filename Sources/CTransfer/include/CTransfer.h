// Fetching of a file by its URL, and requests to services, through libcurl.
//
// libcurl needs thirty other libraries, whose loading takes longer than a short command of the zoo. So it is not linked: the first
// fetch loads it.
#ifndef CTRANSFER_H
#define CTRANSFER_H

#include <stddef.h>
#include <stdint.h>

// Room that every text fits into, the final zero included.
#define CTRANSFER_TEXT 512

// What a server says before the bytes come.
typedef struct ctransfer_answer {
  long status;    // of HTTP; for file: URLs 200 or 206, as HTTP would have it
  int64_t offset; // of the first byte that comes, within the whole file; -1 if a 206 does not tell
  int64_t total;  // bytes of the whole file; -1 if unknown
  // What tells this version of the file from others: its strong ETag, or else its Last-Modified; may be empty.
  char validator[CTRANSFER_TEXT];
} ctransfer_answer;

typedef struct ctransfer_request {
  const char *url;      // http, https or file
  int64_t offset;       // of the first byte that is wanted
  const char *if_range; // a validator: if the file is another by now, all of it is wanted; NULL: none
  // Further lines of the header, behind the last of them NULL; NULL: none. With these, or with a body, redirections are answers.
  const char *const *headers;
  int is_post; // whether `body` is sent by POST, in place of GET
  const uint8_t *body;
  size_t body_size;
  long connect_seconds; // within which the server has to be reached
  long stall_seconds;   // within which some byte has to come, counted anew with each
  void *context;        // handed to the functions
  // Called once with the answer of the last redirection, before `take`. Anything but 0 ends the fetch.
  int (*begin)(void *context, const ctransfer_answer *answer);
  // Called with the bytes in order. Anything but 0 ends the fetch.
  int (*take)(void *context, const uint8_t *bytes, size_t count);
  // Asked a few times a second. Anything but 0 ends the fetch.
  int (*is_stopped)(void *context);
} ctransfer_request;

typedef enum ctransfer_end {
  CTRANSFER_DONE,
  CTRANSFER_ENDED_BY_CALLER,    // one of the functions said so
  CTRANSFER_FAILED,             // `message` says why
  CTRANSFER_LIBRARY_UNAVAILABLE // there is no libcurl; `message` says what was found
} ctransfer_end;

// Fetches from the calling thread until all is there. Keeps to the proxies that the environment names. The encoding of the content is never
// undone: a gzip file is what it is, also where a server calls gzip its encoding.
ctransfer_end ctransfer_fetch(const ctransfer_request *request, char message[CTRANSFER_TEXT]);

#endif
