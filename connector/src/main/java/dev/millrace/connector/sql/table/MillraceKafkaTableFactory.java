package dev.millrace.connector.sql.table;

import dev.millrace.connector.sql.model.EngineSource;
import dev.millrace.connector.sql.model.SqlModelReader;
import dev.millrace.engine.hub.ModelRoots;
import java.util.HashSet;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicSink;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicSource;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicTableFactory;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.factories.FactoryUtil;

/**
 * Kafka tables with columns that a model fills: {@code 'connector' = 'millrace-kafka'}.
 *
 * <p>Everything about Kafka, its formats, keys, metadata and watermarks is Flink's own {@code kafka} connector with its own options. Options
 * that begin with {@code llm.} say what the model does. Read from, the table has its answers as columns like others; written to, it fills
 * them on the way. In both roles the model runs in the operator whose checkpoints hold half-generated answers.
 */
public class MillraceKafkaTableFactory extends KafkaDynamicTableFactory {
    /** Value of the option {@code connector}. */
    public static final String IDENTIFIER = "millrace-kafka";

    @Override
    public String factoryIdentifier() {
        return IDENTIFIER;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        Set<ConfigOption<?>> options = new HashSet<>(super.requiredOptions());
        options.addAll(TableOptions.required());
        return options;
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        Set<ConfigOption<?>> options = new HashSet<>(super.optionalOptions());
        options.addAll(TableOptions.optional());
        return options;
    }

    private AnsweredTable table(Context context) {
        // Names what is missing, before anything looks for it.
        FactoryUtil.validateFactoryOptions(
                this, Configuration.fromMap(context.getCatalogTable().getOptions()));
        return AnsweredTable.of(context, new SqlModelReader(factoryIdentifier(), engines()));
    }

    /** Where engines come from. */
    EngineSource engines() {
        return EngineSource.ofCheckpoints(ModelRoots.fromEnvironment());
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        AnsweredTable table = table(context);
        KafkaDynamicSource kafka =
                (KafkaDynamicSource) super.createDynamicTableSource(table.withoutAnswers());
        table.requireForReading(kafka.getChangelogMode());
        return new AnsweredKafkaSource(kafka, table);
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        AnsweredTable table = table(context);
        KafkaDynamicSink kafka = (KafkaDynamicSink) super.createDynamicTableSink(context);
        table.requireForWriting();
        return new AnsweredKafkaSink(
                kafka,
                table.hasDeadLetters()
                        ? (KafkaDynamicSink)
                                super.createDynamicTableSink(table.withDeadLetterTopic())
                        : kafka,
                table);
    }
}
