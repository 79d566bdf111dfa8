#include "CProcessSupport.h"
#include <stdlib.h>

static int word_count;
static char **words;

#ifdef __GLIBC__
// The GNU C library gives constructors the arguments of main.
__attribute__((constructor)) static void remember_words(int count, char **values) {
    word_count = count;
    words = values;
}
#endif

const char *command_line_word(int index) { return index >= 0 && index < word_count ? words[index] : NULL; }
