package dev.millrace.operator;

import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an operator looks after in the task around it. */
final class TaskChecks {
    private static final Logger LOG = LoggerFactory.getLogger(LlmOperator.class);

    private TaskChecks() {}

    static void onOpen(AbstractStreamOperator<?> operator) {
        warnIfBarriersWait(operator);
        // From lib/ the engines belong to the process. From a job's jar they must go with its class
        // loader.
        ClassLoader own = SharedEngine.class.getClassLoader();
        if (own != AbstractStreamOperator.class.getClassLoader()) {
            operator.getRuntimeContext()
                    .registerUserCodeClassLoaderReleaseHookIfAbsent(
                            "millrace-shared-engines", SharedEngine::closeIdle);
        }
    }

    private static void warnIfBarriersWait(AbstractStreamOperator<?> operator) {
        Configuration job = operator.getContainingTask().getEnvironment().getJobConfiguration();
        if (operator.getOperatorConfig().isChainStart()
                && CheckpointingOptions.isCheckpointingEnabled(job)
                && !CheckpointingOptions.isUnalignedCheckpointEnabled(job)) {
            LOG.warn(
                    "The LLM operator is not chained to its input, so an aligned checkpoint waits until every record in"
                            + " its network buffers is answered. Chain it to the source, or set"
                            + " execution.checkpointing.unaligned.enabled to true.");
        }
    }
}
