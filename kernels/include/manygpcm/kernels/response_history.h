// What a learner has done with the question that is asked, before each step. A response r counts as
// r / (K-1) successes and 1 - r / (K-1) failures. The columns:
//   log(1 + successes), log(1 + failures), the last response scaled to -1 .. 1,
//   1 / (steps since then); all 0 where there is none.
// The logarithms are those of Gervet et al. 2020 (Best-LR). There is no gradient.
#pragma once

#include "manygpcm/kernels/replicas.h"

namespace manygpcm::kernels {

constexpr int history_width = 4;

template <class T>
struct ResponseHistory {
    static constexpr const char* name = "response_history";
    Rows sequences, steps;
    Rows questions;  ///< above every number of question_row
    int categories = 0;
    RowIndex offsets;          ///< [sequences + 1] first step of each
    RowIndex question_row;     ///< [steps] a number for every distinct question
    RowIndex response;         ///< [steps] category
    PerReplica<T> history;     ///< [steps, history_width] written
    KnownEnds known_end = {};  ///< each step from there on counts as the first of them
};

}  // namespace manygpcm::kernels
