#include "program_file.h"

#include "errors.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ctorch {
namespace {

int64_t time_of_change(int descriptor) noexcept {
  struct stat status = {};
  if (fstat(descriptor, &status) != 0) return -1;
  return int64_t(status.st_mtim.tv_sec) * 1000000000 + status.st_mtim.tv_nsec;
}

zoo_status open_anything(const char *path, int32_t *descriptor, int64_t *changed) noexcept {
  *descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (*descriptor < 0) return fail(ZOO_NOT_FOUND, (std::string(path) + ": " + std::strerror(errno)).c_str());
  *changed = time_of_change(*descriptor);
  return ZOO_OK;
}

std::atomic<zoo_open_program> opener{open_anything};

} // namespace

void open_programs_with(zoo_open_program given) noexcept {
  if (given) opener = given;
}

ProgramFile::ProgramFile(const char *path) : path(path) {
  if (zoo_status status = opener.load()(path, &descriptor, &changed); status != ZOO_OK) throw Failure(status, last_error());
}

ProgramFile::~ProgramFile() { close(descriptor); }

std::string ProgramFile::place() const { return "/proc/self/fd/" + std::to_string(descriptor); }

void ProgramFile::require_unchanged() const {
  if (time_of_change(descriptor) != changed) throw Failure(ZOO_ERROR, path + ": it was changed while it was read");
}

} // namespace ctorch
