package dev.millrace.operator;

import org.apache.flink.api.common.typeutils.CompositeTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializer;

/**
 * Version and record type of an {@link InFlightSerializer}, as savepoints hold them. Public with a public constructor
 * because Flink makes it by reflection.
 */
public final class InFlightSerializerSnapshot<IN>
        extends CompositeTypeSerializerSnapshot<InFlightState<IN>, InFlightSerializer<IN>> {
    static final int VERSION = 1;

    public InFlightSerializerSnapshot() {}

    InFlightSerializerSnapshot(InFlightSerializer<IN> serializer) {
        super(serializer);
    }

    @Override
    protected int getCurrentOuterSnapshotVersion() {
        return VERSION;
    }

    @Override
    protected TypeSerializer<?>[] getNestedSerializers(InFlightSerializer<IN> outer) {
        return new TypeSerializer<?>[] {outer.recordSerializer()};
    }

    @Override
    @SuppressWarnings("unchecked") // what getNestedSerializers put there
    protected InFlightSerializer<IN> createOuterSerializerWithNestedSerializers(
            TypeSerializer<?>[] nested) {
        return new InFlightSerializer<>((TypeSerializer<IN>) nested[0]);
    }
}
