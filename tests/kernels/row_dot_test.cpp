#include "manygpcm/kernels/operations.h"

#include "kernels/gradient_check.h"

namespace manygpcm::kernels::testing {
namespace {

struct RowDot {
    int width;
    std::vector<int> rows, table_rows;
    Index row;
    Write dx_write = Write::replace;

    RowDot(int of_width, std::vector<int> n_rows, std::vector<int> n_table_rows, Random random = {})
        : width(of_width),
          rows(std::move(n_rows)),
          table_rows(std::move(n_table_rows)),
          row(random, rows, *std::min_element(table_rows.begin(), table_rows.end())) {}

    int replicas() const { return static_cast<int>(rows.size()); }
    Sizes inputs(int r) const {
        const auto i = static_cast<std::size_t>(r);
        return {product(rows[i], width), product(table_rows[i], width)};
    }
    Sizes outputs(int r) const { return {product(rows[static_cast<std::size_t>(r)], 1)}; }
    int differentiable() const { return 1; }
    std::vector<bool> added() const { return {dx_write == Write::add, false}; }

    template <class T>
    void forward(Range range, const Views<const T>& in, const Views<T>& out) const {
        compute(RowDotForward<T>{rows_of(rows, range), width, in[0], in[1], row.from(range.first),
                                 out[0]});
    }
    template <class T>
    void backward(Range range, const Views<const T>& in, const Views<T>&, const Views<T>& dout,
                  const Views<T>& din) const {
        compute(RowDotBackward<T>{rows_of(rows, range), rows_of(table_rows, range), width, in[0],
                                  in[1], row.from(range.first), dout[0], din[0], dx_write, din[1]});
    }

    Arrays plain(const Arrays& in) const {
        std::vector<double> y;
        for (int i = 0; i < rows[0]; ++i) {
            double sum = 0;
            for (int j = 0; j < width; ++j)
                sum += at(in[0], i, width, j) * at(in[1], row[i], width, j);
            y.push_back(sum);
        }
        return {y};
    }
};

TEST(RowDot, EveryWidth) {
    for (const int width : odd_widths)
        for (const Write write : {Write::replace, Write::add}) {
            RowDot dots(width, {9, 4}, {5, 3});
            dots.dx_write = write;
            check_operation(dots);
        }
}

TEST(RowDot, NoRowsAndRowsThatNobodyAsksFor) {
    check_operation(RowDot(6, {3, 0}, {40, 2}));
}

}  // namespace
}  // namespace manygpcm::kernels::testing
