/* What an agent is measured against: posix_spawn and wait4, SLOTS at a time, each job in a session and folder of its own with its output in files.
   usage: spawn-loop JOBS SLOTS FOLDER PROGRAM bare|same WARM. Answers seconds and CPU seconds of JOBS jobs, after WARM others.
   bare: the least that can be done. Keeps nothing.
   same: what an agent does for a job besides, in plain C: an environment and a TMPDIR of its own, signals at their defaults, a limit by which its processes are
   found, a look for processes it left, what it printed is read, its folders are looked at (and listed when they have changed) and emptied for the next job, and
   its report is kept: a line in a file, synced every 512 jobs. Left out is only what C has no equal of without a library: the permission's signature, JSON and SQLite. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TEXT = 512, VARIABLES = 20, TAIL = 16 * 1024, JOBS_PER_FILE = 512 };

struct slot {
    pid_t process;
    int job;
    char folder[TEXT], temporary[TEXT], out[TEXT], err[TEXT];
    char text[VARIABLES][TEXT + 32];
    char *environment[VARIABLES + 1];
    struct timespec started, running;
    struct statx_timestamp listed, temporary_listed;
};

static int children, ended;
static FILE *reports;
static struct rlimit before;
static long brand = 4000000000000000000;
static char tail[TAIL];

static void make(struct slot *slot, const char *folder, int number) {
    memset(slot, 0, sizeof *slot);
    snprintf(slot->folder, TEXT, "%s/slot%d", folder, number);
    snprintf(slot->temporary, TEXT, "%.480s/slot%d.tmp", folder, number);
    snprintf(slot->out, TEXT, "%.480s/stdout", slot->folder);
    snprintf(slot->err, TEXT, "%.480s/stderr", slot->folder);
    mkdir(slot->folder, 0700);
    mkdir(slot->temporary, 0700);
}

static void write_environment(struct slot *slot) {
    const char *folder = slot->folder;
    int job = slot->job, n = 0;
#define SET(...) (slot->environment[n] = slot->text[n], snprintf(slot->text[n++], TEXT + 32, __VA_ARGS__))
    SET("PATH=/usr/local/bin:/usr/bin:/bin");
    SET("LANG=C.UTF-8");
    SET("USER=bench");
    SET("ALIEN_SITE=BENCH");
    SET("HPCGRID_NODE=node1");
    SET("HPCGRID_AGENT=node1.0123456789abcdef");
    SET("HOME=%s", folder);
    SET("PWD=%s", folder);
    SET("TMPDIR=%s", slot->temporary);
    SET("ALIEN_PROC_ID=%d", job);
    SET("ALIEN_MASTERJOB_ID=%d", job);
    SET("ALIEN_JOB_ATTEMPT=%d", 1);
    SET("ALIEN_JOB_USER=%s", "bench");
    SET("ALIEN_JOB_TTL=%d", 600);
    SET("ALIEN_JOB_OUTPUTDIR=%s", "");
    SET("HPCGRID_JOB_ID=%d", job);
    SET("HPCGRID_CORES=%d", 1);
    SET("HPCGRID_ATTEMPT=%d.1", job);
    slot->environment[n] = NULL;
}

static void limit(rlim_t to) {
    struct rlimit both = {to < before.rlim_max ? to : before.rlim_max, before.rlim_max};
    prlimit(0, RLIMIT_RTTIME, &both, NULL);
}

static int has(const char *folder, int expected) {
    DIR *stream = opendir(folder);
    int found = 0;
    if (!stream) return 0;
    while (readdir(stream)) found++;
    closedir(stream);
    return found == expected + 2;
}

/* As it was made; not listed again while its change time is that of the last listing. */
static int is_own(const char *folder, int expected, const struct timespec *now, struct statx_timestamp *listed) {
    struct statx facts;
    if (statx(AT_FDCWD, folder, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &facts)) return 0;
    if ((facts.stx_mode & S_IFMT) != S_IFDIR || (facts.stx_mode & 0700) != 0700) return 0;
    if (facts.stx_ctime.tv_sec == listed->tv_sec && facts.stx_ctime.tv_nsec == listed->tv_nsec) return 1;
    if (now->tv_sec - facts.stx_ctime.tv_sec > 2) *listed = facts.stx_ctime;
    return has(folder, expected);
}

static long size_of(const char *path) {
    struct statx facts;
    if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &facts)) return -1;
    return (facts.stx_mode & S_IFMT) == S_IFREG && (facts.stx_mode & 0700) == 0600 ? (long)facts.stx_size : -1;
}

/* What it printed; and the file is empty again. */
static int take_output(const char *path) {
    long size = size_of(path);
    if (size < 0) return 0;
    if (size == 0) return 1;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t read = pread(file, tail, TAIL, size > TAIL ? size - TAIL : 0);
    close(file);
    return read >= 0 && truncate(path, 0) == 0;
}

static int keep(void) { return fflush(reports) == 0 && fsync(fileno(reports)) == 0; }

static int finish(struct slot *slot, const struct rusage *use, int status) {
    char left[16];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (pread(children, left, sizeof left, 0) < 0) return 0;
    if (!take_output(slot->out) || !take_output(slot->err)) return 0;
    if (!is_own(slot->folder, 2, &now, &slot->listed) || !is_own(slot->temporary, 0, &now, &slot->temporary_listed)) return 0;
    fprintf(reports, "%d %d %ld.%09ld %ld.%09ld %ld.%09ld %ld.%06ld %ld.%06ld %ld\n", slot->job, WEXITSTATUS(status), slot->started.tv_sec,
        slot->started.tv_nsec, slot->running.tv_sec, slot->running.tv_nsec, now.tv_sec, now.tv_nsec, use->ru_utime.tv_sec, use->ru_utime.tv_usec,
        use->ru_stime.tv_sec, use->ru_stime.tv_usec, use->ru_maxrss);
    return ++ended % JOBS_PER_FILE || keep();
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static double cpu_of(int who) {
    struct rusage use;
    getrusage(who, &use);
    return use.ru_utime.tv_sec + use.ru_stime.tv_sec + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static double cpu(void) { return cpu_of(RUSAGE_SELF) + cpu_of(RUSAGE_CHILDREN); }

int main(int argc, char **argv) {
    if (argc != 7) return 2;
    int warm = atoi(argv[6]), jobs = atoi(argv[1]) + warm, slots = atoi(argv[2]), same = !strcmp(argv[5], "same"), started = 0, running = 0, waited = 0;
    double began = seconds(), used = cpu();
    struct slot *slot = calloc(slots, sizeof *slot);
    int flags = O_WRONLY | O_CREAT | (same ? 0 : O_TRUNC); /* Of who keeps nothing nobody has looked whether they are empty. */
    char *words[] = {argv[4], NULL}, *bare[] = {"PATH=/usr/bin:/bin", NULL}, path[TEXT];
    sigset_t signals;
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, same ? POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF : POSIX_SPAWN_SETSID);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    getrlimit(RLIMIT_RTTIME, &before);
    for (int i = 0; i < slots; i++) make(&slot[i], argv[3], i);
    if (same) {
        snprintf(path, TEXT, "/proc/self/task/%d/children", getpid());
        children = open(path, O_RDONLY | O_CLOEXEC);
        snprintf(path, TEXT, "%.480s/reports", argv[3]);
        if (!(reports = fopen(path, "we"))) return 1;
    }
    while (started < jobs || running > 0) {
        for (int i = 0; i < slots && started < jobs; i++) {
            if (slot[i].process) continue;
            slot[i].job = ++started, running++;
            if (same) {
                clock_gettime(CLOCK_REALTIME, &slot[i].started);
                write_environment(&slot[i]);
                limit(++brand);
            }
            posix_spawn_file_actions_t actions;
            posix_spawn_file_actions_init(&actions);
            posix_spawn_file_actions_addchdir_np(&actions, slot[i].folder);
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
            posix_spawn_file_actions_addopen(&actions, 1, slot[i].out, flags, 0600);
            posix_spawn_file_actions_addopen(&actions, 2, slot[i].err, flags, 0600);
            if (posix_spawn(&slot[i].process, argv[4], &actions, &attributes, words, same ? slot[i].environment : bare)) return 1;
            posix_spawn_file_actions_destroy(&actions);
            if (same) {
                limit(before.rlim_cur);
                clock_gettime(CLOCK_REALTIME, &slot[i].running);
            }
        }
        int status;
        struct rusage use;
        pid_t process = wait4(-1, &status, 0, &use);
        if (process < 0 || status) return 1;
        for (int i = 0; i < slots; i++) {
            if (slot[i].process != process) continue;
            slot[i].process = 0;
            if (same && !finish(&slot[i], &use, status)) return 1;
        }
        running--;
        if (++waited == warm) began = seconds(), used = cpu();
    }
    if (same && !keep()) return 1;
    return printf("%.6f %.6f\n", seconds() - began, cpu() - used) < 0;
}
