#include "manygpcm/kernels/operations.h"

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

struct Embedding {
    int width;
    Random random = {};
    std::vector<int> rows = {9, 4};
    int table_rows = 5;
    Index index{random, rows, table_rows};  // 9 rows of 5: some more than once

    int replicas() const { return 2; }
    Sizes inputs(int) const { return {product(table_rows, width)}; }
    Sizes outputs(int r) const { return {product(rows[static_cast<std::size_t>(r)], width)}; }
    int differentiable() const { return 1; }
    std::vector<bool> added() const { return {true}; }

    template <class T>
    void forward(Range range, const Views<const T>& in, const Views<T>& out) const {
        compute(EmbeddingForward<T>{rows_of(rows, range), width, in[0], index.from(range.first),
                                    out[0]});
    }
    template <class T>
    void backward(Range range, const Views<const T>&, const Views<T>&, const Views<T>& dout,
                  const Views<T>& din) const {
        compute(EmbeddingBackward<T>{rows_of(rows, range), table_rows, width,
                                     index.from(range.first), dout[0], din[0]});
    }

    Arrays plain(const Arrays& in) const {
        std::vector<double> y;
        for (int i = 0; i < rows[0]; ++i)
            for (int c = 0; c < width; ++c)
                y.push_back(at(in[0], index[i], width, c));
        return {y};
    }
};

TEST(Embedding, EveryWidth) {
    for (int width : odd_widths)
        check_operation(Embedding{width});
}

}  // namespace
}  // namespace manygpcm::kernels::testing
