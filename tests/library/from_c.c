/* The C interface as a C compiler sees it, errors included: ends with 0 where all is as it should
 * be. */
#include <manygpcm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char* what) {
    fprintf(stderr, "%s: %s\n", what, manygpcm_last_error());
    return 1;
}

static int count_epochs(const manygpcm_progress* progress, void* epochs) {
    *(int64_t*)epochs = progress->epochs_done;
    return 0;
}

int main(void) {
    enum { learners = 30, steps = 8, responses = learners * steps };
    int32_t learner[responses], question[responses], response[responses];
    for (int i = 0; i < responses; ++i) {
        learner[i] = i / steps;
        question[i] = i % 5;
        response[i] = (i / steps + i % 5) % 2;
    }
    const manygpcm_array whose = {learner, MANYGPCM_INT32, responses, sizeof(int32_t)};
    const manygpcm_array asked = {question, MANYGPCM_INT32, responses, sizeof(int32_t)};
    const manygpcm_array given = {response, MANYGPCM_INT32, responses, sizeof(int32_t)};

    manygpcm_context* context = NULL;
    manygpcm_dataset* dataset = NULL;
    manygpcm_model* model = NULL;
    if (manygpcm_context_create(&context) != MANYGPCM_OK) return fail("context");
    int64_t epochs = 0;
    manygpcm_context_set_progress(context, count_epochs, &epochs);
    if (manygpcm_dataset_create("c", 0, 0, whose, asked, given, &dataset) != MANYGPCM_OK)
        return fail("dataset");

    if (manygpcm_train(context, dataset, "{\"epoch\": 1}", &model) != MANYGPCM_BAD_INPUT ||
        model != NULL || strstr(manygpcm_last_error(), "epochs") == NULL)
        return fail("a mistake was not refused");
    if (manygpcm_train(context, dataset, "{\"model\": \"gru_gpcm\", \"epochs\": 2}", &model) !=
        MANYGPCM_OK)
        return fail("train");
    if (epochs != 2) return fail("progress");

    int64_t questions = 0, categories = 0;
    if (manygpcm_model_shape(model, &questions, &categories) != MANYGPCM_OK || questions != 5 ||
        categories != 2)
        return fail("shape");
    float probabilities[responses * 2];
    if (manygpcm_predict(context, model, dataset, MANYGPCM_TRAIN, probabilities, NULL, NULL) !=
        MANYGPCM_OK)
        return fail("predict");
    for (int i = 0; i < responses; ++i) {
        const float sum = probabilities[2 * i] + probabilities[2 * i + 1];
        if (!(sum > 0.999f && sum < 1.001f)) return fail("probabilities");
    }
    printf("manygpcm %s: %d responses predicted\n", manygpcm_version(), (int)responses);
    manygpcm_model_free(model);
    manygpcm_dataset_free(dataset);
    manygpcm_context_free(context);
    return 0;
}
