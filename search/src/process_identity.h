// Who a process is, so that another can tell whether it still runs.
#pragma once

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

/// A random UUID (version 4) as text.
std::string random_uuid();

}  // namespace manygpcm
