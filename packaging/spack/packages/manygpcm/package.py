# A package for Spack: spack repo add packaging/spack && spack dev-build manygpcm@main
from spack.package import *


class Manygpcm(CMakePackage, CudaPackage):
    """Trains many small Deep-GPCM models at once, searches their hyperparameters and reports on the search."""

    license("Apache-2.0")

    # A checkout's own, as dev-build has it.
    version("main")
    version("0.1.0")

    generator("ninja")

    variant("page", default=True, description="Build the report's interactive page in")
    variant("postgres", default=True, description="Studies on PostgreSQL")
    variant("python", default=False, description="Build the Python package")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("node-js", type="build", when="+page")
    depends_on("npm", type="build", when="+page")

    depends_on("boost@1.74:")
    depends_on("cli11")
    depends_on("eigen@3.4:")
    depends_on("fmt")
    depends_on("highway")
    depends_on("nlohmann-json")
    depends_on("nlopt +cxx")
    depends_on("tomlplusplus")
    depends_on("zlib-api")
    depends_on("postgresql +client_only", when="+postgres")
    depends_on("gnuplot", type="run")

    depends_on("cuda@12.8:", when="+cuda")
    depends_on("cudnn@9:", when="+cuda")

    extends("python", when="+python")
    depends_on("py-pybind11@2.10:", type="build", when="+python")
    depends_on("py-numpy", type=("build", "run"), when="+python")
    depends_on("py-pandas", type=("build", "run"), when="+python")

    conflicts("%gcc@:11", msg="manygpcm is C++20")

    def cmake_args(self):
        args = [
            self.define("MANYGPCM_TESTS", self.run_tests),
            self.define("MANYGPCM_BENCH", False),
            self.define_from_variant("MANYGPCM_PAGE", "page"),
            self.define_from_variant("MANYGPCM_POSTGRES", "postgres"),
            self.define_from_variant("MANYGPCM_PYTHON", "python"),
            self.define_from_variant("MANYGPCM_CUDA", "cuda"),
        ]
        if self.spec.satisfies("+cuda"):
            architectures = self.spec.variants["cuda_arch"].value
            if "none" not in architectures:
                args.append(self.define("CMAKE_CUDA_ARCHITECTURES", architectures))
        return args

    @run_after("install")
    @on_package_attributes(run_tests=True)
    def doctor(self):
        Executable(self.prefix.bin.manygpcm)("doctor")
