/* Trains a model on a file and says how good it is on the learners held out. */
#include <manygpcm.h>
#include <stdio.h>

int main(int argc, char** argv) {
    manygpcm_context* context = NULL;
    manygpcm_dataset* dataset = NULL;
    manygpcm_model* model = NULL;
    char* metrics = NULL;
    if (argc == 2 && manygpcm_context_create(&context) == MANYGPCM_OK &&
        manygpcm_dataset_read(context, argv[1], &dataset) == MANYGPCM_OK &&
        manygpcm_train(context, dataset, "{\"model\": \"gpcm\"}", &model) == MANYGPCM_OK &&
        manygpcm_evaluate(context, model, dataset, MANYGPCM_TEST, &metrics) == MANYGPCM_OK)
        printf("%s\n", metrics);
    else
        fprintf(stderr, "%s\n", argc == 2 ? manygpcm_last_error() : "usage: train DATA");
    const int status = metrics == NULL ? 2 : 0;
    manygpcm_text_free(metrics);
    manygpcm_model_free(model);
    manygpcm_dataset_free(dataset);
    manygpcm_context_free(context);
    return status;
}
