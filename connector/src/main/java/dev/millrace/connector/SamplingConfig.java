package dev.millrace.connector;

import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Problem;
import dev.millrace.engine.SamplingParams;
import dev.millrace.engine.SamplingRules;
import java.io.Serializable;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;

/**
 * How answers are drawn: for all records, and what a record may change.
 *
 * @param params for all records
 * @param seedOfRecord each record has its own seed, made from its id
 * @param columns fields that override parameters
 */
record SamplingConfig(
        SamplingParams params, boolean seedOfRecord, Map<SamplingColumn, FieldPath> columns)
        implements Serializable {

    SamplingConfig {
        columns = Map.copyOf(columns);
    }

    static SamplingConfig from(Settings settings, boolean logprobs) {
        SamplingParams params =
                params(settings)
                        .stop(settings.list(JobOption.SAMPLING_STOP))
                        .stopTokenIds(stopTokenIds(settings))
                        .ignoreEos(settings.flag(JobOption.SAMPLING_IGNORE_EOS))
                        .logprobs(logprobs ? 0 : -1)
                        .format(AnswerFormats.from(settings))
                        .build();
        requireAllowed(params);
        boolean seedOfRecord = !settings.has(JobOption.SAMPLING_SEED);
        return new SamplingConfig(params, seedOfRecord, columns(settings));
    }

    private static SamplingParams.Builder params(Settings settings) {
        return SamplingParams.builder()
                .temperature(number(settings, JobOption.SAMPLING_TEMPERATURE))
                .topP(number(settings, JobOption.SAMPLING_TOP_P))
                .topK(integer(settings, JobOption.SAMPLING_TOP_K))
                .minP(number(settings, JobOption.SAMPLING_MIN_P))
                .repetitionPenalty(number(settings, JobOption.SAMPLING_REPETITION_PENALTY))
                .presencePenalty(number(settings, JobOption.SAMPLING_PRESENCE_PENALTY))
                .frequencyPenalty(number(settings, JobOption.SAMPLING_FREQUENCY_PENALTY))
                .seed(
                        settings.parsed(JobOption.SAMPLING_SEED, "a whole number", Long::valueOf)
                                .orElse(0L))
                .maxTokens(integer(settings, JobOption.SAMPLING_MAX_TOKENS))
                .minTokens(integer(settings, JobOption.SAMPLING_MIN_TOKENS))
                .n(integer(settings, JobOption.SAMPLING_N));
    }

    private static float number(Settings settings, JobOption option) {
        return settings.parsed(option, "a number", Float::valueOf)
                .orElseGet(() -> Float.valueOf(option.fallback()));
    }

    private static int integer(Settings settings, JobOption option) {
        return settings.integer(option).orElseGet(() -> Integer.valueOf(option.fallback()));
    }

    private static Set<Integer> stopTokenIds(Settings settings) {
        try {
            return settings.list(JobOption.SAMPLING_STOP_TOKEN_IDS).stream()
                    .map(Integer::valueOf)
                    .collect(Collectors.toSet());
        } catch (NumberFormatException e) {
            throw Settings.invalid(
                    JobOption.SAMPLING_STOP_TOKEN_IDS.key(),
                    "what is no token id",
                    "a list of whole numbers");
        }
    }

    /** The engine's own rules, asked before the first record. The vocabulary is not known yet. */
    private static void requireAllowed(SamplingParams params) {
        try {
            SamplingRules.check(params, Integer.MAX_VALUE);
        } catch (InvalidRequestException e) {
            throw InvalidJobException.inside("sampling", e);
        }
    }

    private static Map<SamplingColumn, FieldPath> columns(Settings settings) {
        Map<SamplingColumn, FieldPath> columns = new LinkedHashMap<>();
        settings.group(JobOption.SAMPLING_COLUMNS)
                .forEach((name, field) -> columns.put(column(name), FieldPath.parse(field)));
        return columns;
    }

    private static SamplingColumn column(String name) {
        for (SamplingColumn column : SamplingColumn.values()) {
            if (Names.of(column).equals(name)) {
                return column;
            }
        }
        List<String> known = Arrays.stream(SamplingColumn.values()).map(Names::of).toList();
        throw Settings.unknown(JobOption.SAMPLING_COLUMNS.key(), name, known, "sampling parameter");
    }

    /** Checks that records of the schema have the columns, as numbers. */
    void check(Schema schema) {
        columns.forEach(
                (column, path) -> {
                    String where = JobOption.SAMPLING_COLUMNS.key() + "." + Names.of(column);
                    Schema.Type type = path.type(schema, where).getType();
                    boolean whole = type == Schema.Type.INT || type == Schema.Type.LONG;
                    boolean fraction = type == Schema.Type.FLOAT || type == Schema.Type.DOUBLE;
                    if (!whole && (column.whole() || !fraction)) {
                        throw new InvalidJobException(
                                new Problem(
                                        JobError.UNKNOWN_FIELD,
                                        where + ", field " + path,
                                        "a field of type " + type.getName(),
                                        column.whole() ? "int or long" : "a number",
                                        "Name another field"));
                    }
                });
    }

    /** The parameters for a record. */
    SamplingParams params(IndexedRecord record, String id) {
        if (columns.isEmpty() && !(seedOfRecord && params.temperature() > 0)) {
            return params;
        }
        SamplingParams.Builder builder = params.toBuilder();
        if (seedOfRecord) {
            builder.seed(RecordSeed.of(id));
        }
        columns.forEach(
                (column, path) ->
                        path.value(record).ifPresent(value -> column.set(builder, (Number) value)));
        return builder.build();
    }
}
