package dev.millrace.connector.sql;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;

/** Runs statements in a session of its own. */
public final class TestingSql {
    private final TableEnvironment session;

    private TestingSql(RuntimeExecutionMode mode) {
        Configuration configuration = new Configuration();
        configuration.set(ExecutionOptions.RUNTIME_MODE, mode);
        session =
                TableEnvironment.create(
                        EnvironmentSettings.newInstance().withConfiguration(configuration).build());
    }

    /** What the statements of a test class run on. */
    public static MiniClusterExtension cluster() {
        return new MiniClusterExtension(
                new MiniClusterResourceConfiguration.Builder()
                        .setNumberTaskManagers(1)
                        .setNumberSlotsPerTaskManager(2)
                        .build());
    }

    public static TestingSql streaming() {
        return new TestingSql(RuntimeExecutionMode.STREAMING);
    }

    public static TestingSql in(RuntimeExecutionMode mode) {
        return new TestingSql(mode);
    }

    public TestingSql set(String key, String value) {
        session.getConfig().set(key, value);
        return this;
    }

    /** A statement that returns at once. */
    public TestingSql run(String statement) {
        session.executeSql(statement);
        return this;
    }

    /** Plans a query without running it. */
    public String explain(String query) {
        return session.explainSql(query);
    }

    /** All rows of a bounded query. */
    public List<Row> rows(String query) throws Exception {
        List<Row> rows = new ArrayList<>();
        CloseableIterator<Row> results = session.executeSql(query).collect();
        try {
            results.forEachRemaining(rows::add);
            return rows;
        } finally {
            results.close();
        }
    }

    /** Messages of an exception and of all its causes. */
    public static String allMessages(Throwable error) {
        StringBuilder text = new StringBuilder();
        for (Throwable one = error; one != null; one = one.getCause()) {
            text.append(one.getMessage()).append('\n');
        }
        return text.toString();
    }
}
