// write_module DIR: the module that `gopls-bridge bench --gopls` generates, for those who want to
// look at it or to record a session in it.
#include <cstdio>
#include <exception>

#include "bench/gopls/module_generator.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: write_module DIR\n", stderr);
    return 2;
  }
  try {
    bridge::bench::write_module(argv[1], bridge::bench::generate_module());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "write_module: %s\n", e.what());
    return 1;
  }
}
