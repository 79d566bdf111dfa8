// What the orchestration of runs needs of the system and cannot be written in Swift: code that runs inside a signal
// handler, and calls that Swift's module map of the C library hides.
#ifndef CPROCESSSUPPORT_H
#define CPROCESSSUPPORT_H

// From now on a fatal signal (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT) that the calling thread causes writes one
// line at the start of `descriptor`, and then does what it would have done:
//
//     <prefix><signal> in <phase> after step <step>\n
//
// `prefix` is cut to 63 bytes. The thread gets a signal stack of its own, so that an overflowing stack is noted too. The
// descriptor must stay open until death_note_end is called on the same thread. Negative: nothing is noted.
void death_note_begin(int descriptor, const char *prefix);

// Where the calling thread's work is, for its note; `phase` is cut to 15 bytes. Costs a few stores.
void death_note_at(const char *phase, long long step);

// The calling thread's work is over.
void death_note_end(void);

// From now on SIGINT, SIGTERM and SIGHUP remove the file at `path` (at most one) before they end the process; NULL: nothing
// is to be removed any more. A signal that is ignored stays ignored. Call it from one thread.
void unfinished_file(const char *path);

// The words of the command line as the system handed them over, NULL past the last one. Swift reads them from /proc, which
// may be missing.
const char *command_line_word(int index);

// A file without a name that lives in memory, closed on exec; -1 where the system has none.
int anonymous_file(const char *name);

#endif
