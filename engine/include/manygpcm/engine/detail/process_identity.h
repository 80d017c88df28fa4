// Who a process is, so that another can tell whether it still runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace manygpcm {

/// This process for all time: boot of the machine, process namespace, process number and start
/// time, joined by colons. Empty where the system doesn't tell.
std::string process_identity();

/// Whether the process of that identity still runs. unknown: it isn't of this boot and namespace,
/// for which alone the process table speaks.
enum class ProcessState { running, gone, unknown };
ProcessState state_of(std::string_view identity);

/// The same in numbers, for where space is short: a hash of boot and namespace, process number,
/// start. The hash is 0 where the system doesn't tell.
struct NumberedProcess {
    std::uint64_t space = 0, number = 0, start = 0;
};
NumberedProcess this_process();
ProcessState state_of(const NumberedProcess& process);

/// A random UUID (version 4) as text.
std::string random_uuid();

}  // namespace manygpcm
