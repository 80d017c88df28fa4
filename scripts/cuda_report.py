"""What a machine without a GPU can tell of the CUDA engine: python3 cuda_report.py CUBINS LOG CALLS

CUBINS is a folder with a .cubin per source file and architecture (NAME.sm_80.cubin), LOG what `ptxas -v` said of them,
CALLS what manygpcm_cuda_launches printed.  scripts/cuda_report.sh makes all three.  Prints two Markdown tables:

- per kernel and architecture: registers, spills, shared memory, occupancy at the block size that a step launches, and how
  many of its loads from and stores to global memory are 16 bytes wide in the machine code;
- per operation of a training step: arithmetic operations, bytes, and the time that an H100's published rates would allow.
"""
import json
import pathlib
import re
import struct
import subprocess
import sys
from collections import Counter, defaultdict

# Per multiprocessor, from the CUDA programming guide's table of compute capabilities.  Common to the three: 65,536
# registers handed out in units of 256 a warp, 64 warps, 32 blocks, 1 KiB of shared memory kept by the system per block.
SHARED_PER_SM = {"sm_80": 164 << 10, "sm_90": 228 << 10, "sm_100": 228 << 10}
REGISTERS, REGISTER_UNIT, WARPS, BLOCKS, WARP = 65536, 256, 64, 32, 32
PARTITIONS = 4  # a warp's registers are in one of them
RESERVED_SHARED, SHARED_UNIT = 1 << 10, 128

# Machine code: an instruction is 16 bytes.  Its lowest 12 bits are the operation; bits 73 to 75 of a memory access its
# width: 4, 5, 6 for 4, 8, 16 bytes.  The same on the three architectures; `check_decoding` compares with known kernels.
GLOBAL_ACCESS = {0x181: "load", 0x186: "store"}
OPERATION_BITS, WIDTH_SHIFT, WIDTHS = 0x1FF, 9, {4: 4, 5: 8, 6: 16}


def sections(path):
    data = path.read_bytes()
    table, = struct.unpack_from("<Q", data, 0x28)
    size, count, names = struct.unpack_from("<HHH", data, 0x3A)
    headers = [struct.unpack_from("<IIQQQQIIQQ", data, table + i * size) for i in range(count)]
    for header in headers:
        start = headers[names][4] + header[0]
        yield data[start:data.index(b"\0", start)].decode(), data[header[4]:header[4] + header[5]]


def accesses(code):
    """{"load": {width: count}, "store": {...}} of a kernel's machine code."""
    found = {"load": defaultdict(int), "store": defaultdict(int)}
    for low, high in struct.iter_unpack("<QQ", code):
        kind = GLOBAL_ACCESS.get(low & OPERATION_BITS)
        # Predicates and constants share the lowest bits; only accesses have the 64-bit-address flag beside the width.
        if kind and (low >> 9) & 7 in (1, 4) and (high >> 8) & 1:
            found[kind][WIDTHS.get((high >> WIDTH_SHIFT) & 7, 0)] += 1
    return found


def demangle(names):
    names = list(names)
    out = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True, check=True).stdout
    return dict(zip(names, map(short_name, out.splitlines())))


def short_name(signature):
    """name<arguments> of a demangled kernel: both compilers write it, but not quite alike."""
    signature = re.sub(r"\((?:int|unsigned int|bool)\)", "", signature)
    signature = signature.replace("(anonymous namespace)::", "").replace("<unnamed>::", "").replace("manygpcm::kernels::cuda::", "")
    signature = re.sub(r"_GLOBAL__N__\w+::", "", signature)
    depth, end = 0, len(signature)
    for i, c in enumerate(signature):  # the parameters begin at the first ( outside of <>
        depth += (c == "<") - (c == ">")
        if c == "(" and depth == 0:
            end = i
            break
    name = signature[:end].strip()
    depth, start = 0, 0
    for i, c in enumerate(name):  # a template's return type stands before the name
        depth += (c == "<") - (c == ">")
        if c == " " and depth == 0:
            start = i + 1
    return re.sub(r"\btrue\b", "1", re.sub(r"\bfalse\b", "0", name[start:])).replace(" ", "")


def ptxas(log):
    """{(kernel, architecture): {registers, spills, shared}} from ptxas -v."""
    found, kernel = {}, None
    for line in log.splitlines():
        if m := re.search(r"Compiling entry function '(\w+)' for '(\w+)'", line):
            kernel = (m[1], m[2])
            found[kernel] = {"spills": 0, "registers": 0, "shared": 0}
        elif m := re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", line):
            if kernel:
                found[kernel]["spills"] += int(m[1]) + int(m[2])
        elif m := re.search(r"Used (\d+) registers", line):
            found[kernel]["registers"] = int(m[1])
            if s := re.search(r"(\d+) bytes smem", line):
                found[kernel]["shared"] = int(s[1])
            kernel = None
    return found


def occupancy(architecture, registers, threads, shared):
    """Warps that can be resident on a multiprocessor, as a share of what fits."""
    warps = -(-threads // WARP)
    per_warp = -(-registers * WARP // REGISTER_UNIT) * REGISTER_UNIT
    shared = -(-(shared + RESERVED_SHARED) // SHARED_UNIT) * SHARED_UNIT
    blocks = min(BLOCKS, WARPS // warps, REGISTERS // PARTITIONS // per_warp * PARTITIONS // warps, SHARED_PER_SM[architecture] // shared)
    return blocks * warps / WARPS


def kernel_table(cubins, log, calls):
    """Prints a row for every kernel that the step launches.  Returns all kernels compiled, and those that spill."""
    of_ptxas = ptxas(log)
    names = demangle({name for name, _ in of_ptxas})
    code = {}
    for path in sorted(cubins.glob("*.cubin")):
        architecture = path.suffixes[-2][1:]
        for name, data in sections(path):
            if name.startswith(".text."):
                code[name[len(".text."):], architecture] = accesses(data)
    launched = defaultdict(list)
    for call in calls:
        if call["kernel"]:
            launched[short_name(call["name"])].append((call["threads"], call["shared_bytes"]))
    print("| kernel | launches | sm | registers | spilled bytes | threads | shared bytes | occupancy | 16-byte loads | 16-byte stores |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for (mangled, architecture), figures in sorted(of_ptxas.items(),
                                                   key=lambda k: (names[k[0][0]], len(k[0][1]), k[0][1])):
        launches = launched.get(names[mangled])
        if not launches:
            continue
        threads, shared = max(launches)
        shared += figures["shared"]
        wide = {kind: f"{widths[16]} of {sum(widths.values())}" for kind, widths in code[mangled, architecture].items()}
        resident = occupancy(architecture, figures["registers"], threads, shared)
        print(f"| `{names[mangled]}` | {len(launches)} | {architecture[3:]} | {figures['registers']} | {figures['spills']} "
              f"| {threads} | {shared} | {100 * resident:.0f} % | {wide['load']} | {wide['store']} |")
    missing = set(launched) - set(names.values())
    if missing:
        sys.exit(f"launched, but not compiled under this name: {', '.join(sorted(missing))}")
    return len(of_ptxas), sorted({(names[k], a) for (k, a), f in of_ptxas.items() if f["spills"]})


def step_table(report):
    print("\n| operation | calls | GFLOP | GB | ms at the H100's published rates | bound by |")
    print("| --- | ---: | ---: | ---: | ---: | --- |")
    rates = report["rates"]
    flop = moved = time = 0
    for row in report["operations"]:
        by_bytes, by_arithmetic = row["bytes"] / rates["bytes"], row["operations"] / rates["operations"]
        seconds = max(by_bytes, by_arithmetic)
        flop, moved, time = flop + row["operations"], moved + row["bytes"], time + seconds
        print(f"| {row['operation']} | {row['calls']} | {row['operations'] * 1e-9:.2f} | {row['bytes'] * 1e-9:.3f} "
              f"| {seconds * 1e3:.3f} | {'bytes' if by_bytes > by_arithmetic else 'arithmetic'} |")
    print(f"| all | | {flop * 1e-9:.2f} | {moved * 1e-9:.3f} | {time * 1e3:.3f} | |")


def check_decoding(folder):
    """Compares the decoding of machine code with kernels whose accesses are known (decoding_check.*.cubin)."""
    for path in folder.glob("decoding_check.*.cubin"):
        for name, data in sections(path):
            if name.startswith(".text."):
                want = {16: 2, 4: 1} if "wide" in name else {4: 1}
                got = accesses(data)
                if dict(got["load"]) != want:
                    sys.exit(f"{path.name}: {name}: loads {dict(got['load'])}, expected {want}: the decoding is wrong here")
        path.unlink()


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    cubins, log, calls = map(pathlib.Path, sys.argv[1:])
    check_decoding(cubins)
    report = json.loads(calls.read_text())
    print(f"{report['title']}:\n")
    kernels, spilling = kernel_table(cubins, log.read_text(), report["calls"])
    libraries = Counter(call["name"] for call in report["calls"] if not call["kernel"])
    print(f"\nCalls of libraries and copies in the step: {', '.join(f'{n} {name}' for name, n in libraries.most_common())}.")
    step_table(report)
    print(f"\n{kernels} kernels were compiled, all instances and architectures; those that spill registers: "
          f"{', '.join(f'`{name}` ({sm})' for name, sm in spilling) or 'none'}.")


if __name__ == "__main__":
    main()
