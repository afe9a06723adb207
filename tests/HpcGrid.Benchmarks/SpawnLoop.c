/* The least that can be done to run jobs: posix_spawn and wait4, SLOTS at a time, each in a session and folder of its own with its output in files.
   usage: spawn-loop JOBS SLOTS FOLDER PROGRAM. Keeps nothing: no report, no limit, no durability. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    int jobs = atoi(argv[1]), slots = atoi(argv[2]), started = 0, running = 0;
    pid_t of[slots];
    char folder[slots][512], out[slots][512], err[slots][512];
    char *words[] = {argv[4], NULL}, *environment[] = {"PATH=/usr/bin:/bin", NULL};
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    for (int i = 0; i < slots; i++) {
        of[i] = 0;
        snprintf(folder[i], 512, "%s/slot%d", argv[3], i);
        snprintf(out[i], 512, "%s/stdout", folder[i]);
        snprintf(err[i], 512, "%s/stderr", folder[i]);
        mkdir(folder[i], 0700);
    }
    while (started < jobs || running > 0) {
        for (int i = 0; i < slots && started < jobs; i++) {
            if (of[i]) continue;
            posix_spawn_file_actions_t actions;
            posix_spawn_file_actions_init(&actions);
            posix_spawn_file_actions_addchdir_np(&actions, folder[i]);
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
            posix_spawn_file_actions_addopen(&actions, 1, out[i], O_WRONLY | O_CREAT | O_TRUNC, 0600);
            posix_spawn_file_actions_addopen(&actions, 2, err[i], O_WRONLY | O_CREAT | O_TRUNC, 0600);
            if (posix_spawn(&of[i], argv[4], &actions, &attributes, words, environment)) return 1;
            posix_spawn_file_actions_destroy(&actions);
            started++, running++;
        }
        int status;
        struct rusage use;
        pid_t ended = wait4(-1, &status, 0, &use);
        if (ended < 0 || status) return 1;
        for (int i = 0; i < slots; i++) if (of[i] == ended) of[i] = 0;
        running--;
    }
    return 0;
}
