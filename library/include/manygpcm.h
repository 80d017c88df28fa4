/* The C interface of manygpcm: datasets, models and studies behind handles, for other languages and
 * for programs in C.
 *
 * Every function that can fail returns a status, MANYGPCM_OK or why not; manygpcm_last_error() then
 * has one line that says what is wrong and what was expected. No exception leaves a function,
 * nothing is printed, no signal is handled and no function ends the program. Handles are
 * independent: different ones may be used by different threads at once, one handle by one thread at
 * a time (manygpcm_stop() by any). What a function makes is the caller's to free; freeing NULL does
 * nothing. Texts are UTF-8.
 *
 * Configurations are JSON objects, whose members are the program's options (docs/library.md); NULL
 * or "" is {}. */
#ifndef MANYGPCM_H
#define MANYGPCM_H

#include <stddef.h>
#include <stdint.h>

/* Any int may come as an enumeration: one that is none of its values is told as an error. In C++
 * that takes a type behind it, which is C's. */
#ifdef __cplusplus
#define MANYGPCM_AS_INT : int
extern "C" {
#else
#define MANYGPCM_AS_INT
#endif

/** How a function ended. Whatever it was to make isn't made unless that is said of it. */
typedef enum manygpcm_status MANYGPCM_AS_INT {
    MANYGPCM_OK = 0,
    MANYGPCM_ERROR = 1,       /**< it couldn't be done: a device failed, training came to nothing */
    MANYGPCM_BAD_INPUT = 2,   /**< an argument, a file or what is in it */
    MANYGPCM_INTERRUPTED = 3, /**< manygpcm_stop(), or a callback that asked for it */
    MANYGPCM_OUT_OF_MEMORY = 4
} manygpcm_status;

/** "0.1.0". The library's major version is that of its file, libmanygpcm.so.0. */
const char* manygpcm_version(void);

/** What the last function of this thread that failed complained of; "" before there was one. Valid
 * until the thread's next call. */
const char* manygpcm_last_error(void);

/** Frees a text that a function made. */
void manygpcm_text_free(char* text);

/* ---- A context: who is told of what, who may stop it, what it runs on. ---- */

typedef struct manygpcm_context manygpcm_context;

typedef struct manygpcm_progress {
    double fraction;                      /**< of the work that is expected, 0 to 1 */
    double seconds_elapsed, seconds_left; /**< the latter is NaN where it isn't known */
    int64_t epochs_done, epochs; /**< over all models; `epochs` is the most or an estimate */
    int64_t trials_done, trials; /**< of a sweep; else 0 */
    double best_score;           /**< of a sweep's trials; NaN where there is none yet */
} manygpcm_progress;

/** As Optuna numbers them. Complete: trained on all folds for all epochs; pruned: for fewer, as
 * others did better; waiting: enqueued by Optuna. */
typedef enum manygpcm_trial_state MANYGPCM_AS_INT {
    MANYGPCM_TRIAL_RUNNING = 0,
    MANYGPCM_TRIAL_COMPLETE = 1,
    MANYGPCM_TRIAL_PRUNED = 2,
    MANYGPCM_TRIAL_FAILED = 3,
    MANYGPCM_TRIAL_WAITING = 4
} manygpcm_trial_state;

typedef struct manygpcm_trial {
    int64_t number; /**< from 0, in the order in which they were begun */
    manygpcm_trial_state state;
    int64_t epochs; /**< that it was trained for; of a promotion those that it is trained up to */
    double score;   /**< of the objective so far, mean over the folds; NaN: it has none */
} manygpcm_trial;

/* Callbacks come from threads that train, one call at a time, and hold these up; they may call
 * manygpcm_stop(), and don't change the context. Anything but 0 stops the work. */

/** After every epoch, and again and again while a sweep's winner is scored. */
typedef int (*manygpcm_on_progress)(const manygpcm_progress* progress, void* user_data);

/** Of a sweep: a trial is over, or goes on as it did well. */
typedef int (*manygpcm_on_trial)(const manygpcm_trial* trial, void* user_data);

/** Told of what isn't an error and yet worth a line. */
typedef void (*manygpcm_on_notice)(const char* line, void* user_data);

/** The caller's threads: calls work(state) up to `n` times, once at least, side by side where it
 * can, and returns when all calls have. work() takes what there is to do until nothing is left. */
typedef void (*manygpcm_executor)(int n, void (*work)(void* state), void* state, void* user_data);

/** Trains on the CPU, a thread a core, without callbacks. */
manygpcm_status manygpcm_context_create(manygpcm_context** context);
/** Not while something runs with it. */
void manygpcm_context_free(manygpcm_context* context);
/** Who hears of epochs; NULL: nobody. `user_data` is handed on. */
void manygpcm_context_set_progress(manygpcm_context* context, manygpcm_on_progress callback,
                                   void* user_data);
/** Who hears of trials that are over: complete, pruned or failed. */
void manygpcm_context_set_trial(manygpcm_context* context, manygpcm_on_trial callback,
                                void* user_data);
/** Who hears of trials that are trained on, before they are. */
void manygpcm_context_set_promotion(manygpcm_context* context, manygpcm_on_trial callback,
                                    void* user_data);
/** Whose threads train; NULL: threads of the library's own, which end with the work. */
void manygpcm_context_set_executor(manygpcm_context* context, manygpcm_executor executor,
                                   void* user_data);
/** Who hears of lines that aren't errors. */
void manygpcm_context_set_notice(manygpcm_context* context, manygpcm_on_notice callback,
                                 void* user_data);
/** How many threads train, 1 or more, each a model of its own. Results don't depend on it, but for
 * a sweep's beyond 8: on that of the study's first. */
manygpcm_status manygpcm_context_set_threads(manygpcm_context* context, int threads);
/** What trains: "cpu", "cuda:0", ... MANYGPCM_BAD_INPUT where there is no such device. */
manygpcm_status manygpcm_context_set_device(manygpcm_context* context, const char* device);
/** Ends what runs with the context, and what is begun with it later, until
 * manygpcm_context_clear_stop(). From any thread, and from a signal's handler. */
void manygpcm_stop(manygpcm_context* context);
/** Takes a stop back. */
void manygpcm_context_clear_stop(manygpcm_context* context);

/* ---- Datasets ---- */

typedef struct manygpcm_dataset manygpcm_dataset;
typedef struct manygpcm_model manygpcm_model;

/** Numbers or texts of the caller's: element i is at data + i * stride bytes. Numbers are whole,
 * whatever their type. */
typedef enum manygpcm_type MANYGPCM_AS_INT {
    MANYGPCM_INT32 = 0,
    MANYGPCM_INT64 = 1,
    MANYGPCM_FLOAT32 = 2,
    MANYGPCM_FLOAT64 = 3,
    MANYGPCM_TEXT = 4 /**< const char*: of learners alone */
} manygpcm_type;
typedef struct manygpcm_array {
    const void* data;
    manygpcm_type type;
    int64_t size;   /**< elements */
    int64_t stride; /**< bytes from an element to the next; may be negative; 0: one for all */
} manygpcm_array;

/** The learners of a dataset: those to train on, and those held out. */
typedef enum manygpcm_part MANYGPCM_AS_INT { MANYGPCM_TRAIN = 0, MANYGPCM_TEST = 1 } manygpcm_part;

typedef struct manygpcm_shape {
    int64_t n_questions, n_categories;
    int64_t n_learners, n_responses;           /**< to train on */
    int64_t n_test_learners, n_test_responses; /**< held out */
    /* Responses are counted by their questions: those that aren't given yet, too. */
} manygpcm_shape;

/** Reads a directory with a training file and a test file, or one file, in any form that the
 * program reads. */
manygpcm_status manygpcm_dataset_read(manygpcm_context* context, const char* path,
                                      manygpcm_dataset** dataset);
/** Reads a file for a model that exists: its questions and categories. All its learners are
 * MANYGPCM_TRAIN. */
manygpcm_status manygpcm_dataset_read_for(manygpcm_context* context, const manygpcm_model* model,
                                          const char* path, manygpcm_dataset** dataset);
/** Responses in the order in which they were given, of one size: whose (any number or text), to
 * which question (from 0), with which category (from 0). Learners are numbered as they come.
 * `n_questions` and `n_categories` of 0 are what the responses show. There are at least two
 * questions and two categories among them, and every category from 0 to the largest unless
 * `n_categories` is given. Of what is wrong with one, the error names the element:
 * "response[17]: ...". */
manygpcm_status manygpcm_dataset_create(const char* name, int64_t n_questions, int64_t n_categories,
                                        manygpcm_array learner, manygpcm_array question,
                                        manygpcm_array response, manygpcm_dataset** dataset);
/** The same to be predicted or scored by a model that exists: its questions and categories. A
 * response of -1 isn't given yet; only a learner's last may be. All learners are MANYGPCM_TRAIN. */
manygpcm_status manygpcm_dataset_create_for(const manygpcm_model* model, const char* name,
                                            manygpcm_array learner, manygpcm_array question,
                                            manygpcm_array response, manygpcm_dataset** dataset);
/** Gives a dataset of manygpcm_dataset_create() learners that are held out, in place of those it
 * has: others than those to train on. Its notices say what only they have. */
manygpcm_status manygpcm_dataset_hold_out(manygpcm_dataset* dataset, manygpcm_array learner,
                                          manygpcm_array question, manygpcm_array response);
/** Names the questions of a dataset of manygpcm_dataset_create(), by number; models trained on it
 * keep the names. `n_names` is the number of questions. */
manygpcm_status manygpcm_dataset_name_questions(manygpcm_dataset* dataset, const char* const* names,
                                                int64_t n_names);
/** How much there is of it. */
manygpcm_status manygpcm_dataset_shape(const manygpcm_dataset* dataset, manygpcm_shape* shape);
/** Its name, question_ids (none where questions are numbers) and notices, lines worth reading, as
 * JSON. */
manygpcm_status manygpcm_dataset_describe(const manygpcm_dataset* dataset, char** json);
/** The responses of a part in the order of manygpcm_predict(): the learner's number in the part,
 * the question and the category, -1 of one that isn't given yet; each [n_responses], any may be
 * NULL.
 */
manygpcm_status manygpcm_dataset_responses(const manygpcm_dataset* dataset, manygpcm_part part,
                                           int32_t* learner, int32_t* question, int32_t* response);
/** A learner's id by its number in the part; of arrays the caller's, as a text. Valid as long as
 * the dataset, and of those held out until others are. */
manygpcm_status manygpcm_dataset_learner(const manygpcm_dataset* dataset, manygpcm_part part,
                                         int64_t number, const char** id);
/** Models and studies that were made of it don't need it any more. */
void manygpcm_dataset_free(manygpcm_dataset* dataset);

/* ---- Models ---- */

/** Trains one. Members: model, hyperparameters (an object), epochs (none: the best number of them
 * on a tenth of the learners), seed. */
manygpcm_status manygpcm_train(manygpcm_context* context, const manygpcm_dataset* dataset,
                               const char* configuration, manygpcm_model** model);
/** Trains one for each of so many parts of the training learners, on the others; the program's
 * `train --folds`. Members: as manygpcm_train's, and folds. Writes the metrics on the part left
 * out, a list of an object a fold. */
manygpcm_status manygpcm_crossvalidate(manygpcm_context* context, const manygpcm_dataset* dataset,
                                       const char* configuration, char** json);
/** Reads one of a safetensors file, the program's or manygpcm_model_save()'s. */
manygpcm_status manygpcm_model_load(const char* path, manygpcm_model** model);
/** Writes one, whole or not at all, and its directory if needed. */
manygpcm_status manygpcm_model_save(const manygpcm_model* model, const char* path);
/** How many questions and categories it knows, which size what is asked of it; either may be NULL.
 */
manygpcm_status manygpcm_model_shape(const manygpcm_model* model, int64_t* n_questions,
                                     int64_t* n_categories);
/** Its hyperparameters, questions and categories, as JSON. */
manygpcm_status manygpcm_model_describe(const manygpcm_model* model, char** json);

/** What a model predicts of every response of a part, from the ones before it, in the order of the
 * learners and of theirs: probabilities [n_responses x the model's categories]; ability and
 * discrimination [n_responses], which may be NULL. MANYGPCM_BAD_INPUT for a dataset with more
 * questions or categories than the model has, or, where both name their questions, with others. */
manygpcm_status manygpcm_predict(manygpcm_context* context, const manygpcm_model* model,
                                 const manygpcm_dataset* dataset, manygpcm_part part,
                                 float* probabilities, float* ability, float* discrimination);
/** What a model says of a learner's next response, after all there are, to some of the questions:
 * [n_questions] of what follows, from `first_question` on. Valid during the call. */
typedef struct manygpcm_next_questions {
    int64_t learner; /**< its number in the part */
    int64_t first_question, n_questions;
    const float* probabilities;     /**< [n_questions x the model's categories] */
    const float* ability;           /**< may depend on the question */
    const float* ability_deviation; /**< standard deviation; NULL where the model has none */
    const float* discrimination;
} manygpcm_next_questions;

/** Anything but 0 ends what calls it, with MANYGPCM_INTERRUPTED. */
typedef int (*manygpcm_on_next_questions)(const manygpcm_next_questions* next, void* user_data);

/** Predicts every question of the model's as the next one of every learner of a part, the program's
 * `predict --next`: calls back, from this thread, for all questions of the first learner, by one
 * call or several, then for those of the next. Memory doesn't grow with them. A question of a
 * learner's that isn't answered yet tells nothing. MANYGPCM_BAD_INPUT as of manygpcm_predict(). */
manygpcm_status manygpcm_predict_next(manygpcm_context* context, const manygpcm_model* model,
                                      const manygpcm_dataset* dataset, manygpcm_part part,
                                      manygpcm_on_next_questions callback, void* user_data);
/** Ability after all responses of each learner of a part, and its standard deviation, which is NaN
 * where the model has none; [learners] each, the latter may be NULL. Where ability depends on the
 * question, it is the mean over all. MANYGPCM_BAD_INPUT as of manygpcm_predict(). */
manygpcm_status manygpcm_abilities(manygpcm_context* context, const manygpcm_model* model,
                                   const manygpcm_dataset* dataset, manygpcm_part part,
                                   double* ability, double* deviation);
/** The metrics of manygpcm_predict(), as JSON. */
manygpcm_status manygpcm_evaluate(manygpcm_context* context, const manygpcm_model* model,
                                  const manygpcm_dataset* dataset, manygpcm_part part, char** json);
/** Item parameters: discrimination [the model's questions], averaged over the training responses
 * (NaN: never seen), and thresholds [its questions x (its categories - 1)], on the scale of
 * ability (NaN: no training response tells of it). */
manygpcm_status manygpcm_items(manygpcm_context* context, const manygpcm_model* model,
                               double* discrimination, double* thresholds);
/** All that manygpcm items writes of a model, as JSON: "columns", a list of objects of "name" and
 * "values" (by question; null: not known), and "marks", a list of texts of each question. */
manygpcm_status manygpcm_item_table(manygpcm_context* context, const manygpcm_model* model,
                                    char** json);
/** Frees a model. */
void manygpcm_model_free(manygpcm_model* model);

/* ---- Studies ---- */

typedef struct manygpcm_study manygpcm_study;

/** Searches hyperparameters. Members: model ("auto": several), hyperparameters (an object: not
 * searched), space (a file, or "published"), trials, folds, epochs, patience, workers (processes
 * that will train for a new study), objective, sampler, scheduler, cv_on, study (the file of its
 * record or a database's URI, which goes on if it is there; none: no record is kept), study_name
 * (of a database), weights (a file for the winner), fold_weights (a directory for its fold models),
 * seed. One that was stopped is MANYGPCM_INTERRUPTED and gives the study as far as it is; where it
 * has a record, the same call goes on. */
manygpcm_status manygpcm_sweep(manygpcm_context* context, const manygpcm_dataset* dataset,
                               const char* configuration, manygpcm_study** study);
/** A study on record, of ours or of Optuna's. `name` may be NULL where there is one. */
manygpcm_status manygpcm_study_read(manygpcm_context* context, const char* path, const char* name,
                                    manygpcm_study** study);
/** Its figures, as docs/analysis_json.md has them. */
manygpcm_status manygpcm_study_analysis(manygpcm_context* context, const manygpcm_study* study,
                                        char** json);
/** The winner, trained on all learners of the search; of a study of manygpcm_sweep(). A copy. */
manygpcm_status manygpcm_study_winner(const manygpcm_study* study, manygpcm_model** model);
/** Writes the report's files into a directory. */
manygpcm_status manygpcm_report(manygpcm_context* context, const manygpcm_study* study,
                                const char* directory);
/** Frees a study; its winner is the caller's own. */
void manygpcm_study_free(manygpcm_study* study);

#undef MANYGPCM_AS_INT

#ifdef __cplusplus
}
#endif

#endif
