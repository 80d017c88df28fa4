// A text parsed by several threads, a piece each, and put together in its order.
#pragma once

#include <algorithm>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "data/text_stream.h"
#include "manygpcm/engine/detail/usable_cores.h"

namespace manygpcm {

/// Calls take(parse(piece)) for the pieces of `text` that are left, in their order: take() on this
/// thread, parse() on others where there are several pieces. Of what parse() throws, the first in
/// the text's order is thrown on.
template <class Parse, class Take>
void take_parsed(TextStream& text, Cut cut, const Reading& reading, const Parse& parse,
                 const Take& take) {
    using Parsed = std::invoke_result_t<Parse, const TextPiece&>;
    constexpr int most_threads = 8;
    const auto threads = static_cast<std::size_t>(
        reading.threads > 0 ? reading.threads : std::min(usable_cores(), most_threads));
    std::deque<std::future<Parsed>> under_way;  // waited for where it is left by an exception
    const auto take_first = [&] {
        Parsed parsed = under_way.front().get();
        under_way.pop_front();
        take(std::move(parsed));
    };
    while (std::optional<TextPiece> piece = text.next(cut)) {
        if (threads == 1 || (piece->last && under_way.empty())) {
            take(parse(*piece));
            continue;
        }
        if (under_way.size() == threads) take_first();
        // Where the system gives no thread, the piece is parsed when it is asked for. Shared, as
        // async() moves from what it is given before it finds that out.
        const auto own = std::make_shared<const TextPiece>(*std::move(piece));
        under_way.push_back(std::async(std::launch::async | std::launch::deferred,
                                       [&parse, own] { return parse(*own); }));
    }
    while (!under_way.empty())
        take_first();
}

}  // namespace manygpcm
