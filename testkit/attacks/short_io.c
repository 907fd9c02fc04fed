/* Preloaded into a command, it makes read, write, pread and pwrite transfer less than they were asked for: one byte, or
 * half, as SHORT_IO says. The kernel really transfers that much: nothing is made up, as an injected result would be. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

/* Leaves a sign for the caller that it was really here: the folder's file `short-io-was-here`. */
__attribute__((constructor)) static void here(void)
{
    int fd = open("short-io-was-here", O_CREAT | O_WRONLY, 0600);
    if (fd >= 0)
        close(fd);
}

static size_t less(size_t count)
{
    static const char *mode;
    if (mode == NULL && (mode = getenv("SHORT_IO")) == NULL)
        mode = "off";
    if (count < 2 || mode[0] == 'o')
        return count;
    return mode[0] == '1' ? 1 : count / 2;
}

#define REAL(name, ...) ((ssize_t(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

ssize_t read(int fd, void *to, size_t count) { return REAL("read", int, void *, size_t)(fd, to, less(count)); }
ssize_t write(int fd, const void *from, size_t count) { return REAL("write", int, const void *, size_t)(fd, from, less(count)); }
ssize_t pread64(int fd, void *to, size_t count, off_t at) { return REAL("pread64", int, void *, size_t, off_t)(fd, to, less(count), at); }
ssize_t pwrite64(int fd, const void *from, size_t count, off_t at) { return REAL("pwrite64", int, const void *, size_t, off_t)(fd, from, less(count), at); }
