#include "driver.h"

/* The program's entry. SwiftPM links an executable with `main` defined as a function of this name, and so leaves out the one
 * that libFuzzer brings; its driver is called as a library instead. */
int zoo_fuzz_main(int argc, char **argv);

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *, size_t));

int zoo_fuzz_main(int argc, char **argv) { return LLVMFuzzerRunDriver(&argc, &argv, LLVMFuzzerTestOneInput); }
