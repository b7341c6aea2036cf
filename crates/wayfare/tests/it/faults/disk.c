/* A disk that fails when it is told to: preloaded into the server, told by a file of five bytes.
 *
 * byte 0: writes to the database and the logs find no space
 * byte 1: the next write to them is cut in half, and those after it fail
 * byte 2: syncs of them fail
 * byte 3: syncs of the log of batches do not come back
 * byte 4: counts syncs of the logs, so that a test sees that there are any
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile unsigned char *told;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("WAYFARE_TEST_DISK");
    int file = path ? open(path, O_RDWR) : -1;
    void *mapped = file < 0 ? MAP_FAILED : mmap(0, 5, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    told = mapped == MAP_FAILED ? 0 : mapped;
}

static int is_ours(int file, const char *ending) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    char *found = strstr(path, "journey.sqlite");
    return found && (!ending || strcmp(found + strlen("journey.sqlite"), ending) == 0);
}

/* Whether a write may be done; 2 says half of it. */
static int may_write(int file) {
    if (!told || (!told[0] && !told[1]) || !is_ours(file, 0)) return 1;
    if (told[0]) { errno = ENOSPC; return 0; }
    if (told[1] == 1) { told[1] = 2; return 2; }
    errno = EIO;
    return 0;
}

#define REAL(name, type) static type real; if (!real) real = (type)dlsym(RTLD_NEXT, name)
typedef ssize_t (*write_call)(int, const void *, size_t);
typedef ssize_t (*pwrite_call)(int, const void *, size_t, off_t);
typedef int (*sync_call)(int);

ssize_t write(int file, const void *bytes, size_t length) {
    REAL("write", write_call);
    int may = may_write(file);
    return may ? real(file, bytes, may == 2 ? length / 2 : length) : -1;
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t place) {
    REAL("pwrite", pwrite_call);
    int may = may_write(file);
    return may ? real(file, bytes, may == 2 ? length / 2 : length, place) : -1;
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off_t place) {
    return pwrite(file, bytes, length, place);
}

static int sync_with(int file, sync_call real) {
    if (told && told[2] && is_ours(file, 0)) { errno = EIO; return -1; }
    int is_batches = told && (is_ours(file, "-batches-0") || is_ours(file, "-batches-1"));
    while (is_batches && told[3]) usleep(1000);
    if (told && (is_ours(file, "-wal") || is_batches)) told[4]++;
    return real(file);
}

int fsync(int file) { REAL("fsync", sync_call); return sync_with(file, real); }
int fdatasync(int file) { REAL("fdatasync", sync_call); return sync_with(file, real); }
