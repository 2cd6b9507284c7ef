package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program of the README runs. */
final class SummarizeReviewsTest {
    @TempDir private Path folder;

    @Test
    void everyReviewGetsAnAnswer() throws Exception {
        String model = TestingModel.copyTo(folder).toString();
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.createLocalEnvironment(1);
        List<String> summaries =
                SummarizeReviews.summarize(environment.fromData("It broke.", "Best ever!"), model)
                        .executeAndCollect(2);
        assertThat(summaries)
                .hasSize(2)
                .anyMatch(summary -> summary.startsWith("It broke. -> "))
                .anyMatch(summary -> summary.startsWith("Best ever! -> "));
    }
}
