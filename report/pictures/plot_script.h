// A gnuplot script in the making: a sheet of panels with what they have in common.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pictures/gnuplot.h"

namespace manygpcm::report {

/// Colours that colour-blind readers tell apart (Okabe and Ito 2008), as gnuplot writes them.
namespace colour {
inline constexpr const char* blue = "'#0072B2'";
inline constexpr const char* sky = "'#56B4E9'";
inline constexpr const char* green = "'#009E73'";
inline constexpr const char* orange = "'#E69F00'";
inline constexpr const char* vermillion = "'#D55E00'";
inline constexpr const char* grey = "'#808080'";
inline constexpr const char* black = "'#000000'";
}  // namespace colour

/// One panel's place on the sheet, in pixels, and the room for labels around its axes.
struct PanelPlace {
    int left = 0, top = 0, width = 0, height = 0;
    int margin_left = 104, margin_right = 24, margin_top = 68, margin_bottom = 68;

    int axis_width() const { return width - margin_left - margin_right; }
    int axis_height() const { return height - margin_top - margin_bottom; }
};

/// Positions on an axis and their labels, as gnuplot writes those.
using Tics = std::vector<std::pair<double, std::string>>;

/// Round numbers between bounds, `most` at most and two at least, with the decimals that tell them
/// apart: of a range too narrow for round numbers, its bounds.
Tics value_tics(double low, double high, int most = 7);

/// The same along `width` pixels: as many as have room side by side.
Tics value_tics_within(double low, double high, int width);

/// `place` with room on the left for these labels and a title of two lines.
PanelPlace with_room_for(PanelPlace place, const Tics& tics);

class PlotScript {
  public:
    /// A sheet of so many pixels with one line of text above its panels.
    PlotScript(int width, int height, const std::string& title);

    /// Begins a panel; what was set for the one before is forgotten. An axis' title may have two
    /// lines.
    void panel(const PanelPlace& place, const std::string& title, const std::string& x_title,
               const std::string& y_title);

    void line(const std::string& command) { text_ += command + '\n'; }

    /// A named block of data, to be plotted by that name. NaN and infinite values become gaps.
    void data(const std::string& name, const std::vector<std::vector<double>>& rows);

    /// @param axis x or y
    void tics(char axis, const Tics& tics, bool turned = false);

    /// A bound that equals the other is moved a little: an axis has a length.
    /// @param axis x or y
    void range(char axis, double low, double high);

    std::string finish();

  private:
    int width_, height_;
    std::string text_;
};

/// An axis that shows scores, and at its foot marks of trials without one, if there are any.
struct ScoreAxis {
    double low = 0, high = 1;
    double foot = 0;  ///< where those marks are
};
ScoreAxis score_axis(std::span<const double> scores, bool marks_at_foot);

/// Bounds of an axis that shows `values`, a twentieth beyond them on either side; where they are
/// equal, a twentieth of their size.
std::pair<double, double> padded_range(std::span<const double> values);

/// The width of `text`, UTF-8, in the sheet's small font, estimated from above.
int text_width(const std::string& text);

/// `text` with its middle replaced by an ellipsis where it has more than `length` characters.
std::string elided(const std::string& text, std::size_t length);

/// `text` in lines of at most `length` characters if its words, which end in "_" or a space,
/// allow it.
std::vector<std::string> wrapped(const std::string& text, std::size_t length);

/// `lines` as gnuplot writes a label of several.
std::string gnuplot_lines(std::span<const std::string> lines);

}  // namespace manygpcm::report
