/* Preloaded into a bridge or agent: makes calls on files below SPOOLFAULTS_ROOT fail now and then, the way shared filesystems do.
 * SPOOLFAULTS_PAGE is a file that the test shares: word 0 is how many of a thousand calls fail, the others count what was injected.
 *
 * Two things that a general injector cannot do. .NET looks its imports up with dlsym in libc itself, past everything that is preloaded:
 * dlsym is answered here with what is preloaded (so libfiu's calls are reached too). And only the spool may fail: the same calls serve the
 * runtime's own pipes and assemblies, where an error ends the process before anything of ours is tried. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PERMILLE, CALLS, C_EIO, C_ENOSPC, C_EDQUOT, C_ESTALE, C_EINTR, C_SHORT, C_DONE, WORDS };
enum { FILES = 1 << 16 };

static void *(*real_dlsym)(void *, const char *);
static _Atomic int *page;
static const char *root;
static size_t root_length;
static _Atomic char on_spool[FILES];
static _Thread_local unsigned long long seed;

static void find_dlsym(void) {
    static const char *const versions[] = { "GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_2.17" };
    for (int i = 0; i < 3 && !real_dlsym; i++) real_dlsym = dlvsym(RTLD_NEXT, "dlsym", versions[i]);
}

__attribute__((constructor)) static void begin(void) {
    find_dlsym();
    const char *path = getenv("SPOOLFAULTS_PAGE");
    root = getenv("SPOOLFAULTS_ROOT");
    int (*real_open)(const char *, int, ...) = real_dlsym(RTLD_NEXT, "open");
    int file = path && root ? real_open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    root_length = strlen(root);
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (map != MAP_FAILED) page = map;
}

/* The caller is told apart by its return address for RTLD_NEXT: that look-up must be a jump, which -O2 makes of it. */
void *dlsym(void *handle, const char *name) {
    static const char *const ours[] = {
        "open", "read", "write", "fsync", "close", "rename", "unlink", "mkdir", "rmdir", "opendir", "readdir", "statx", "link" };
    if (!real_dlsym) find_dlsym();
    if (handle != RTLD_NEXT && handle != RTLD_DEFAULT)
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
            if (strcmp(name, ours[i]) == 0) return real_dlsym(RTLD_DEFAULT, name);
    return real_dlsym(handle, name);
}

static int is_spool(const char *path) { return page && path && strncmp(path, root, root_length) == 0; }
static int is_spool_file(int file) { return page && file >= 0 && file < FILES && on_spool[file]; }

static unsigned chance(void) {
    if (!seed) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        seed = (((unsigned long long)now.tv_nsec * 2654435761u) ^ ((unsigned long long)getpid() << 32) ^ (size_t)&seed) | 1;
    }
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return (unsigned)(seed >> 33);
}

/* 0, or the error to answer: of those that such a call can have. */
static int fault(int writes) {
    static const int any[] = { EIO, ESTALE, EINTR }, writing[] = { EIO, ENOSPC, EDQUOT, ESTALE, EINTR };
    page[CALLS]++;
    if ((int)(chance() % 1000) >= page[PERMILLE]) return 0;
    int answer = writes ? writing[chance() % 5] : any[chance() % 3];
    page[answer == EIO ? C_EIO : answer == ENOSPC ? C_ENOSPC : answer == EDQUOT ? C_EDQUOT : answer == ESTALE ? C_ESTALE : C_EINTR]++;
    return answer;
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) { if (!real_dlsym) find_dlsym(); real = real_dlsym(RTLD_NEXT, name); }
#define FAIL(error, answer) do { errno = error; return answer; } while (0)

int open(const char *path, int flags, ...) {
    REAL(int, "open", const char *, int, ...)
    va_list more;
    va_start(more, flags);
    int mode = va_arg(more, int), ours = is_spool(path), error = ours ? fault(flags & O_CREAT) : 0;
    va_end(more);
    if (error) FAIL(error, -1);
    int file = real(path, flags, mode);
    if (file >= 0 && file < FILES) on_spool[file] = (char)ours;
    return file;
}

ssize_t read(int file, void *buffer, size_t count) {
    REAL(ssize_t, "read", int, void *, size_t)
    int error = is_spool_file(file) ? fault(0) : 0;
    if (error) FAIL(error, -1);
    return real(file, buffer, count);
}

ssize_t write(int file, const void *buffer, size_t count) {
    REAL(ssize_t, "write", int, const void *, size_t)
    if (!is_spool_file(file)) return real(file, buffer, count);
    int error = fault(1);
    if (error) FAIL(error, -1);
    if (count > 1 && (int)(chance() % 1000) < page[PERMILLE]) {
        page[C_SHORT]++;
        count = 1 + chance() % (count - 1);
    }
    return real(file, buffer, count);
}

int fsync(int file) {
    REAL(int, "fsync", int)
    int error = is_spool_file(file) ? fault(1) : 0;
    if (error) FAIL(error, -1);
    return real(file);
}

/* The descriptor is gone in any case, as on Linux. */
int close(int file) {
    REAL(int, "close", int)
    int ours = is_spool_file(file), error = ours ? fault(1) : 0;
    if (ours) on_spool[file] = 0;
    int answer = real(file);
    if (error) FAIL(error, -1);
    return answer;
}

/* Half of the errors come after the deed: a reply that got lost. */
#define ON_PATH(type, name, path, writes, failed, call) \
    int error = is_spool(path) ? fault(writes) : 0; \
    if (!error) return call; \
    if (chance() % 2) { page[C_DONE]++; (void)call; } \
    FAIL(error, failed)

int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *)
    ON_PATH(int, "rename", from, 1, -1, real(from, to));
}

int unlink(const char *path) {
    REAL(int, "unlink", const char *)
    ON_PATH(int, "unlink", path, 0, -1, real(path));
}

int mkdir(const char *path, mode_t mode) {
    REAL(int, "mkdir", const char *, mode_t)
    ON_PATH(int, "mkdir", path, 1, -1, real(path, mode));
}

int rmdir(const char *path) {
    REAL(int, "rmdir", const char *)
    ON_PATH(int, "rmdir", path, 0, -1, real(path));
}

int statx(int directory, const char *path, int flags, unsigned mask, struct statx *status) {
    REAL(int, "statx", int, const char *, int, unsigned, struct statx *)
    int error = is_spool(path) ? fault(0) : 0;
    if (error) FAIL(error, -1);
    return real(directory, path, flags, mask, status);
}

DIR *opendir(const char *path) {
    REAL(DIR *, "opendir", const char *)
    int error = is_spool(path) ? fault(0) : 0;
    if (error) FAIL(error, NULL);
    DIR *stream = real(path);
    if (stream && dirfd(stream) < FILES) on_spool[dirfd(stream)] = (char)is_spool(path);
    return stream;
}

struct dirent *readdir(DIR *stream) {
    REAL(struct dirent *, "readdir", DIR *)
    int error = is_spool_file(dirfd(stream)) ? fault(0) : 0;
    if (error) FAIL(error, NULL);
    return real(stream);
}
