package dev.millrace.connector.sql.table;

import org.apache.flink.api.common.eventtime.TimestampAssigner;
import org.apache.flink.api.common.eventtime.TimestampAssignerSupplier;
import org.apache.flink.api.common.eventtime.WatermarkAlignmentParams;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.table.data.RowData;

/**
 * The planner's watermarks, which it takes from rows as the table has them, for rows as they come from Kafka, without the answers. So
 * they are made where they belong, at the source and for each partition.
 *
 * @param planned over rows of the table
 * @param toTable from a row of Kafka to one of the table
 */
record MappedWatermarks(WatermarkStrategy<RowData> planned, RowMapping toTable)
        implements WatermarkStrategy<RowData> {

    @Override
    public TimestampAssigner<RowData> createTimestampAssigner(
            TimestampAssignerSupplier.Context context) {
        TimestampAssigner<RowData> assigner = planned.createTimestampAssigner(context);
        return (row, timestamp) -> assigner.extractTimestamp(toTable.map(row), timestamp);
    }

    @Override
    public WatermarkGenerator<RowData> createWatermarkGenerator(
            WatermarkGeneratorSupplier.Context context) {
        WatermarkGenerator<RowData> generator = planned.createWatermarkGenerator(context);
        return new WatermarkGenerator<>() {
            @Override
            public void onEvent(RowData row, long timestamp, WatermarkOutput output) {
                generator.onEvent(toTable.map(row), timestamp, output);
            }

            @Override
            public void onPeriodicEmit(WatermarkOutput output) {
                generator.onPeriodicEmit(output);
            }
        };
    }

    @Override
    public WatermarkAlignmentParams getAlignmentParameters() {
        return planned.getAlignmentParameters();
    }
}
