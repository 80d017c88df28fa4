// A library of no kernels is a library, too.
