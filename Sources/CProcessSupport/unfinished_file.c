// A file that must not stay behind half written. The handler is async-signal-safe: it unlinks and dies.
#include "CProcessSupport.h"
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static char unfinished[PATH_MAX];
static volatile sig_atomic_t is_unfinished;

static void remove_and_die(int number) {
    if (is_unfinished) unlink(unfinished);
    // SA_RESETHAND has restored the default action; the signal is blocked until this returns.
    raise(number);
}

void unfinished_file(const char *path) {
    is_unfinished = 0;
    if (!path || strlen(path) >= sizeof unfinished) return;
    strcpy(unfinished, path);
    is_unfinished = 1;
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (int index = 0; index < 3; index++) {
        struct sigaction present, action;
        memset(&action, 0, sizeof action);
        action.sa_handler = remove_and_die;
        action.sa_flags = (int)SA_RESETHAND;
        sigemptyset(&action.sa_mask);
        // One that was ignored when the process started stays ignored.
        if (sigaction(numbers[index], NULL, &present) == 0 && present.sa_handler == SIG_DFL)
            sigaction(numbers[index], &action, NULL);
    }
}
