/*
 * Preloaded into a service by tests: a wall clock that can be set. The file of CLOCK_SHIFT_FILE holds a 64-bit count of milliseconds that
 * CLOCK_REALTIME is ahead; whoever changes it sets the clock of the process, and of no other. Timers on the wall clock follow. What a
 * real clock_settime does besides, waking such a timer (ECANCELED), cannot be had this way: the process notices at its next look.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *shift_ms;

__attribute__((constructor)) static void open_shift(void)
{
    const char *path = getenv("CLOCK_SHIFT_FILE");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped =
        fd >= 0 ? mmap(NULL, sizeof *shift_ms, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    shift_ms = mapped == MAP_FAILED ? NULL : mapped;
}

static void add_ms(struct timespec *t, int64_t ms)
{
    int64_t ns = t->tv_nsec + ms % 1000 * 1000000;
    t->tv_sec += ms / 1000 + (ns >= 1000000000) - (ns < 0);
    t->tv_nsec = (ns + 1000000000) % 1000000000;
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    int r = (int)syscall(SYS_clock_gettime, id, t);
    if (r == 0 && shift_ms && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        add_ms(t, *shift_ms);
    return r;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec t;
    (void)zone;
    int r = clock_gettime(CLOCK_REALTIME, &t);
    *tv = (struct timeval){t.tv_sec, t.tv_nsec / 1000};
    return r;
}

time_t time(time_t *ret)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (ret)
        *ret = t.tv_sec;
    return t.tv_sec;
}

/* The only absolute timers of the services are on the wall clock. */
int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
    struct itimerspec moved = *new;
    if (shift_ms && flags & TFD_TIMER_ABSTIME && (moved.it_value.tv_sec || moved.it_value.tv_nsec))
        add_ms(&moved.it_value, -*shift_ms);
    if (moved.it_value.tv_sec < 0)
        moved.it_value = (struct timespec){0, 1};
    return (int)syscall(SYS_timerfd_settime, fd, flags, &moved, old);
}
