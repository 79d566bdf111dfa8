// Notes of fatal signals. Everything here that runs in the handler is async-signal-safe: it reads thread-local memory,
// formats into its own stack and makes one write.
#include "CProcessSupport.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PREFIX_SIZE = 64, PHASE_SIZE = 16, STACK_SIZE = 64 * 1024 };

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
enum { FATAL_COUNT = sizeof fatal_signals / sizeof fatal_signals[0] };
static struct sigaction earlier_actions[FATAL_COUNT];

// The program is linked statically against this, so thread-local access allocates nothing.
static _Thread_local int note_descriptor = -1;
static _Thread_local char note_prefix[PREFIX_SIZE];
static _Thread_local char note_phase[PHASE_SIZE];
static _Thread_local long long note_step;
static _Thread_local void *signal_stack;

static char *append(char *end, const char *text) {
    while (*text) *end++ = *text++;
    return end;
}

static char *append_number(char *end, long long number) {
    char digits[24];
    int count = 0;
    // Unsigned, because the smallest negative number has no counterpart.
    unsigned long long rest = number < 0 ? 0ULL - (unsigned long long)number : (unsigned long long)number;
    if (number < 0) *end++ = '-';
    do digits[count++] = (char)('0' + rest % 10); while (rest /= 10);
    while (count) *end++ = digits[--count];
    return end;
}

static void note_death(int number, siginfo_t *info, void *context) {
    (void)context;
    // A signal that another process sent says nothing about this run. The kernel's own have a positive code; abort()
    // and raise() come from this process.
    if (note_descriptor >= 0 && (info->si_code > 0 || info->si_pid == getpid())) {
        char text[PREFIX_SIZE + PHASE_SIZE + 80];
        char *end = append(text, note_prefix);
        end = append_number(end, number);
        end = append(end, " in ");
        end = append(end, note_phase);
        end = append(end, " after step ");
        end = append_number(end, note_step);
        *end++ = '\n';
        if (pwrite(note_descriptor, text, (size_t)(end - text), 0) < 0) {
            // Nothing can be done: the death stays unattributed.
        }
        note_descriptor = -1;
    }
    // What was installed before (nothing, or a backtrace printer) has its turn when this returns: the signal is blocked
    // until then.
    for (int index = 0; index < FATAL_COUNT; index++)
        if (fatal_signals[index] == number) sigaction(number, &earlier_actions[index], NULL);
    raise(number);
}

static void install(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = note_death;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (int index = 0; index < FATAL_COUNT; index++)
        sigaction(fatal_signals[index], &action, &earlier_actions[index]);
}

void death_note_begin(int descriptor, const char *prefix) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
    if (!signal_stack && (signal_stack = malloc(STACK_SIZE))) {
        stack_t stack = {.ss_sp = signal_stack, .ss_size = STACK_SIZE};
        stack_t present;
        // A thread that has one keeps it. Ours is never freed: the thread may be used again.
        if (sigaltstack(NULL, &present) == 0 && (present.ss_flags & SS_DISABLE)) sigaltstack(&stack, NULL);
    }
    strncpy(note_prefix, prefix, PREFIX_SIZE - 1);
    death_note_at("start", 0);
    note_descriptor = descriptor;
}

void death_note_at(const char *phase, long long step) {
    strncpy(note_phase, phase, PHASE_SIZE - 1);
    note_step = step;
}

void death_note_end(void) { note_descriptor = -1; }
