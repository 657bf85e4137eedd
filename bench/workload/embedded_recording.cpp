// The recording's file, as bytes of the executable.
#include "bench/workload/recording.h"

// .incbin rather than a generated array: the compiler does not read 67 KiB of numbers. In a section
// of its own, apart from what a session reads: the kernel maps pages in runs of 64 KiB.
asm(R"(
  .section .recording,"a",@progbits
  .global bridge_workload_recording
  .global bridge_workload_recording_end
bridge_workload_recording:
  .incbin ")" BRIDGE_WORKLOAD_RECORDING R"("
bridge_workload_recording_end:
  .byte 0
  .previous
)");

extern "C" const char bridge_workload_recording[];
extern "C" const char bridge_workload_recording_end[];

namespace bridge::bench {

std::string_view embedded_recording() {
  return {bridge_workload_recording,
          static_cast<std::size_t>(bridge_workload_recording_end - bridge_workload_recording)};
}

}  // namespace bridge::bench
