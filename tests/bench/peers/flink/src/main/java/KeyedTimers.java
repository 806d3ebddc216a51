import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.util.Collector;

/** One processing-time timer per key, on the heap, on an embedded mini-cluster with two slots. */
public final class KeyedTimers extends KeyedProcessFunction<Integer, Integer, Integer> {
    @Override
    public void processElement(Integer timer, Context context, Collector<Integer> out) {
        context.timerService().registerProcessingTimeTimer(Timers.dueAt(timer));
    }

    @Override
    public void onTimer(long at, OnTimerContext context, Collector<Integer> out) {
        Timers.fired(context.getCurrentKey());
        out.collect(context.getCurrentKey());
    }

    public static void main(String[] args) throws Exception {
        Configuration c = new Configuration();
        c.setString("taskmanager.numberOfTaskSlots", "2");
        c.setString("state.backend.type", "hashmap");
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(c);
        env.setParallelism(2);
        env.setBufferTimeout(1);
        env.fromSequence(0, Timers.COUNT).setParallelism(1).map(i -> {
            if (i == Timers.COUNT) { // the last one: a source that ended would end the job, and the timers with it
                Thread.sleep(500);
                Timers.allSet();
                Thread.sleep(3_600_000);
            }
            return i.intValue();
        }).returns(Integer.class).setParallelism(1).keyBy(i -> i).process(new KeyedTimers()).sinkTo(new DiscardingSink<>());
        env.execute();
    }
}
