import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The plan that every timer peer follows, and what is measured: BENCH_OPEN timers that are not due for an hour, then BENCH_RATE a second
 * for BENCH_SECONDS, then BENCH_BURST in one instant. Lateness = the wall clock when the timer's code runs, less the instant it
 * was due. Nothing is written anywhere by a peer.
 */
final class Timers {
    static final int OPEN = number("BENCH_OPEN");
    static final int RATE = number("BENCH_RATE");
    static final int STEADY = RATE * number("BENCH_SECONDS");
    static final int BURST = number("BENCH_BURST");
    static final int COUNT = OPEN + STEADY + BURST;
    /** When the first is due: by then all must be set, or the run is void. */
    static final long BEGIN_AT = System.currentTimeMillis() + 1000L * number("BENCH_SETUP");
    static final long BURST_AT = BEGIN_AT + 1000L * STEADY / RATE + 2000;

    private static final int[] LATENESS = new int[STEADY + BURST];
    private static final AtomicInteger FIRED = new AtomicInteger();

    private Timers() {
    }

    private static int number(String name) {
        return Integer.parseInt(System.getenv(name));
    }

    static long dueAt(int timer) {
        if (timer < OPEN) {
            return BEGIN_AT + 3_600_000 + timer;
        }
        int steady = timer - OPEN;
        return steady < STEADY ? BEGIN_AT + 1000L * steady / RATE : BURST_AT;
    }

    static void fired(int timer) {
        LATENESS[timer - OPEN] = (int) (System.currentTimeMillis() - dueAt(timer));
        FIRED.incrementAndGet();
    }

    /** Called when the last one has been set. */
    static void allSet() {
        if (System.currentTimeMillis() > BEGIN_AT - 3000) {
            System.out.println("void: the timers were not set in time; give BENCH_SETUP more seconds");
            System.exit(1);
        }
        Thread reporter = new Thread(Timers::report);
        reporter.setDaemon(true);
        reporter.start();
    }

    private static void report() {
        try {
            System.gc();
            Thread.sleep(1000);
            System.gc();
            long heap = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
            long rss = rssKb();
            while (FIRED.get() < STEADY + BURST && System.currentTimeMillis() < BURST_AT + 60_000) {
                Thread.sleep(50);
            }
            System.out.printf("{\"fired\": %d, \"heap_per_timer\": %d, \"rss_per_timer\": %d, \"steady\": %s, \"burst\": %s}%n",
                              FIRED.get(), heap / COUNT, rss * 1024 / COUNT, quantiles(0, STEADY),
                              quantiles(STEADY, STEADY + BURST));
            System.exit(0);
        } catch (Exception e) {
            e.printStackTrace();
            System.exit(1);
        }
    }

    private static String quantiles(int from, int to) {
        int[] sorted = Arrays.copyOfRange(LATENESS, from, to);
        Arrays.sort(sorted);
        int n = sorted.length;
        return "[" + sorted[n / 2] + ", " + sorted[(int) (n * 0.99)] + ", " + sorted[n - 1] + "]";
    }

    private static long rssKb() throws java.io.IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmRSS:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst().orElse(0);
    }
}
