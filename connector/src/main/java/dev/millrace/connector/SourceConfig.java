package dev.millrace.connector;

import java.util.List;

/**
 * Which records a job reads.
 *
 * @param kafka the cluster
 * @param topics read together
 * @param groupId that offsets are committed to
 * @param startingOffsets where a job without a checkpoint begins
 * @param bounded where it ends
 * @param tombstones what becomes of null values
 */
record SourceConfig(
        KafkaConfig kafka,
        List<String> topics,
        String groupId,
        StartingOffsets startingOffsets,
        Bounded bounded,
        Tombstones tombstones) {

    /** Where a job without a checkpoint begins. */
    enum StartingOffsets {
        EARLIEST,
        LATEST,
        /** Where the group was; at the earliest offset of partitions that it has not read. */
        COMMITTED
    }

    /** Where a job ends. */
    enum Bounded {
        NONE,
        /** At the offsets that the topics have when it starts. */
        LATEST
    }

    /** What becomes of records with a null value. */
    enum Tombstones {
        DEAD_LETTER,
        SKIP
    }

    static SourceConfig from(Settings settings, String name) {
        List<String> topics = settings.list(JobOption.SOURCE_TOPICS);
        if (topics.isEmpty()) {
            throw Settings.invalid(
                    JobOption.SOURCE_TOPICS.key(), "an empty list", "at least one topic");
        }
        return new SourceConfig(
                KafkaConfig.source(settings),
                topics,
                settings.textOr(JobOption.SOURCE_GROUP_ID, name),
                settings.choice(JobOption.SOURCE_STARTING_OFFSETS, StartingOffsets.class),
                settings.choice(JobOption.SOURCE_BOUNDED, Bounded.class),
                settings.choice(JobOption.SOURCE_TOMBSTONES, Tombstones.class));
    }
}
