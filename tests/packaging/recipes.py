"""That packaging/ has this version, and every library that CMake asks for: recipes.py SOURCES VERSION"""

import pathlib
import re
import sys

sources, version = pathlib.Path(sys.argv[1]), sys.argv[2]
# A library as CMake finds it: as Spack and conda call it. What is optional and left out of both isn't here.
names = {
    "hwy": ("highway", "libhwy"),
    "Eigen3": ("eigen", "eigen"),
    "CLI11": ("cli11", "cli11"),
    "nlohmann_json": ("nlohmann-json", "nlohmann_json"),
    "fmt": ("fmt", "fmt"),
    "ZLIB": ("zlib-api", "zlib"),
    "Boost": ("boost", "libboost-devel"),
    "nlopt": ("nlopt", "nlopt"),
    "libpq": ("postgresql", "libpq"),
}
not_libraries = {"Threads", "PkgConfig", "GTest", "benchmark", "Python3", "pybind11", "CUDAToolkit", "CUDNN"}

problems = []


def expect(condition, problem):
    if not condition:
        problems.append(problem)


def text(name):
    return (sources / name).read_text(encoding="utf-8")


asked = set()
for file in ["CMakeLists.txt", "cmake/OptionalParts.cmake", "cmake/Cuda.cmake"]:
    asked |= set(re.findall(r"(?:find_package|pkg_check_modules)\((\w+)", text(file)))
spack, conda = text("packaging/spack/packages/manygpcm/package.py"), text("packaging/conda/recipe.yaml")
compile(spack, "package.py", "exec")
for library in sorted(asked - not_libraries):
    expect(library in names, f"{library}: CMake asks for it; expected its names in this test")
    if library in names:
        in_spack, in_conda = names[library]
        expect(re.search(rf'depends_on\("{in_spack}[@" ]', spack), f"packaging/spack: no {in_spack} for {library}")
        expect(re.search(rf"^    - {in_conda}\b", conda, re.M), f"packaging/conda: no {in_conda} for {library}")
for name, pattern in {
    "packaging/spack/packages/manygpcm/package.py": r'version\("([\d.]+)"',
    "packaging/conda/recipe.yaml": r'version: "([\d.]+)"',
    "pyproject.toml": r'^version = "([\d.]+)"',
    "CITATION.cff": r"^version: ([\d.]+)",
}.items():
    found = re.search(pattern, text(name), re.M)
    expect(found and found[1] == version, f"{name}: version {found and found[1]}; expected {version}")
for option in re.findall(r"(?:define|define_from_variant)\(\"(MANYGPCM_\w+)\"", spack) + re.findall(r"-D(MANYGPCM_\w+)=", conda):
    defined = any(re.search(rf"(option|set)\({option}\b", text(file))
                  for file in ["CMakeLists.txt", "cmake/OptionalParts.cmake", "cmake/Cuda.cmake"])
    expect(defined, f"packaging: {option}: expected an option of CMake's")
try:
    import yaml
except ImportError:
    pass
else:
    yaml.safe_load(re.sub(r"\$\{\{.*?\}\}", "x", conda))

print("\n".join(problems))
sys.exit(1 if problems else 0)
