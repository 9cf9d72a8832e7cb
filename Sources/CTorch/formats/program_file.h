// A file that is a program: opened once, by the host, and read through that descriptor alone.
#pragma once

#include "fit.h"

#include "zoo_engine.h"

#include <string>

namespace ctorch {

class ProgramFile {
public:
  // Throws a Failure if the host does not let it in.
  explicit ProgramFile(const char *path);
  ~ProgramFile();
  ProgramFile(const ProgramFile &) = delete;
  ProgramFile &operator=(const ProgramFile &) = delete;

  // A path that leads to this very file, for as long as this lives.
  std::string place() const;

  // Throws a Failure if the file was written into since it was opened: then what was read may not be what was checked.
  void require_unchanged() const;

private:
  std::string path;
  int32_t descriptor = -1;
  int64_t changed = 0;
};

// Who opens such files from now on.
void open_programs_with(zoo_open_program) noexcept;

} // namespace ctorch
