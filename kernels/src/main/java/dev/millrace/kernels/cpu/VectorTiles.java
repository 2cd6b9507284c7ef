package dev.millrace.kernels.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Register tiles of {@code c += a · b}: {@code tileRxV} holds R rows of V vectors of c in registers while it walks the
 * depth, so that each element is one chain of fused multiply-adds in ascending order.
 *
 * <p>Written out because C2 keeps only local variables in registers. Names: {@code ao, as} offset and row stride of a,
 * likewise for b and c; {@code bPanel} distance between panels of two vectors.
 * Up to 6 × 2 vectors fit the 16 registers of AVX2.
 */
final class VectorTiles {
    private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
    private static final int L = LANES.length();

    private VectorTiles() {}

    static void tile1x2(
            float[] a,
            int ao,
            int as,
            float[] b,
            int bo,
            int bs,
            int depth,
            float[] c,
            int co,
            int cs) {
        FloatVector c00 = FloatVector.fromArray(LANES, c, co);
        FloatVector c01 = FloatVector.fromArray(LANES, c, co + L);
        for (int i = 0; i < depth; i++) {
            FloatVector b0 = FloatVector.fromArray(LANES, b, bo + i * bs);
            FloatVector b1 = FloatVector.fromArray(LANES, b, bo + i * bs + L);
            FloatVector x0 = FloatVector.broadcast(LANES, a[ao + i]);
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
        }
        c00.intoArray(c, co);
        c01.intoArray(c, co + L);
    }

    static void tile2x2(
            float[] a,
            int ao,
            int as,
            float[] b,
            int bo,
            int bs,
            int depth,
            float[] c,
            int co,
            int cs) {
        FloatVector c00 = FloatVector.fromArray(LANES, c, co);
        FloatVector c01 = FloatVector.fromArray(LANES, c, co + L);
        FloatVector c10 = FloatVector.fromArray(LANES, c, co + cs);
        FloatVector c11 = FloatVector.fromArray(LANES, c, co + cs + L);
        int a1 = ao + as;
        for (int i = 0; i < depth; i++) {
            FloatVector b0 = FloatVector.fromArray(LANES, b, bo + i * bs);
            FloatVector b1 = FloatVector.fromArray(LANES, b, bo + i * bs + L);
            FloatVector x0 = FloatVector.broadcast(LANES, a[ao + i]);
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            FloatVector x1 = FloatVector.broadcast(LANES, a[a1 + i]);
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
        }
        c00.intoArray(c, co);
        c01.intoArray(c, co + L);
        c10.intoArray(c, co + cs);
        c11.intoArray(c, co + cs + L);
    }

    static void tile3x2(
            float[] a,
            int ao,
            int as,
            float[] b,
            int bo,
            int bs,
            int depth,
            float[] c,
            int co,
            int cs) {
        FloatVector c00 = FloatVector.fromArray(LANES, c, co);
        FloatVector c01 = FloatVector.fromArray(LANES, c, co + L);
        FloatVector c10 = FloatVector.fromArray(LANES, c, co + cs);
        FloatVector c11 = FloatVector.fromArray(LANES, c, co + cs + L);
        FloatVector c20 = FloatVector.fromArray(LANES, c, co + 2 * cs);
        FloatVector c21 = FloatVector.fromArray(LANES, c, co + 2 * cs + L);
        int a1 = ao + as;
        int a2 = ao + 2 * as;
        for (int i = 0; i < depth; i++) {
            FloatVector b0 = FloatVector.fromArray(LANES, b, bo + i * bs);
            FloatVector b1 = FloatVector.fromArray(LANES, b, bo + i * bs + L);
            FloatVector x0 = FloatVector.broadcast(LANES, a[ao + i]);
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            FloatVector x1 = FloatVector.broadcast(LANES, a[a1 + i]);
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
            FloatVector x2 = FloatVector.broadcast(LANES, a[a2 + i]);
            c20 = x2.fma(b0, c20);
            c21 = x2.fma(b1, c21);
        }
        c00.intoArray(c, co);
        c01.intoArray(c, co + L);
        c10.intoArray(c, co + cs);
        c11.intoArray(c, co + cs + L);
        c20.intoArray(c, co + 2 * cs);
        c21.intoArray(c, co + 2 * cs + L);
    }

    static void tile4x2(
            float[] a,
            int ao,
            int as,
            float[] b,
            int bo,
            int bs,
            int depth,
            float[] c,
            int co,
            int cs) {
        FloatVector c00 = FloatVector.fromArray(LANES, c, co);
        FloatVector c01 = FloatVector.fromArray(LANES, c, co + L);
        FloatVector c10 = FloatVector.fromArray(LANES, c, co + cs);
        FloatVector c11 = FloatVector.fromArray(LANES, c, co + cs + L);
        FloatVector c20 = FloatVector.fromArray(LANES, c, co + 2 * cs);
        FloatVector c21 = FloatVector.fromArray(LANES, c, co + 2 * cs + L);
        FloatVector c30 = FloatVector.fromArray(LANES, c, co + 3 * cs);
        FloatVector c31 = FloatVector.fromArray(LANES, c, co + 3 * cs + L);
        int a1 = ao + as;
        int a2 = ao + 2 * as;
        int a3 = ao + 3 * as;
        for (int i = 0; i < depth; i++) {
            FloatVector b0 = FloatVector.fromArray(LANES, b, bo + i * bs);
            FloatVector b1 = FloatVector.fromArray(LANES, b, bo + i * bs + L);
            FloatVector x0 = FloatVector.broadcast(LANES, a[ao + i]);
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            FloatVector x1 = FloatVector.broadcast(LANES, a[a1 + i]);
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
            FloatVector x2 = FloatVector.broadcast(LANES, a[a2 + i]);
            c20 = x2.fma(b0, c20);
            c21 = x2.fma(b1, c21);
            FloatVector x3 = FloatVector.broadcast(LANES, a[a3 + i]);
            c30 = x3.fma(b0, c30);
            c31 = x3.fma(b1, c31);
        }
        c00.intoArray(c, co);
        c01.intoArray(c, co + L);
        c10.intoArray(c, co + cs);
        c11.intoArray(c, co + cs + L);
        c20.intoArray(c, co + 2 * cs);
        c21.intoArray(c, co + 2 * cs + L);
        c30.intoArray(c, co + 3 * cs);
        c31.intoArray(c, co + 3 * cs + L);
    }

    static void tile6x2(
            float[] a,
            int ao,
            int as,
            float[] b,
            int bo,
            int bs,
            int depth,
            float[] c,
            int co,
            int cs) {
        FloatVector c00 = FloatVector.fromArray(LANES, c, co);
        FloatVector c01 = FloatVector.fromArray(LANES, c, co + L);
        FloatVector c10 = FloatVector.fromArray(LANES, c, co + cs);
        FloatVector c11 = FloatVector.fromArray(LANES, c, co + cs + L);
        FloatVector c20 = FloatVector.fromArray(LANES, c, co + 2 * cs);
        FloatVector c21 = FloatVector.fromArray(LANES, c, co + 2 * cs + L);
        FloatVector c30 = FloatVector.fromArray(LANES, c, co + 3 * cs);
        FloatVector c31 = FloatVector.fromArray(LANES, c, co + 3 * cs + L);
        FloatVector c40 = FloatVector.fromArray(LANES, c, co + 4 * cs);
        FloatVector c41 = FloatVector.fromArray(LANES, c, co + 4 * cs + L);
        FloatVector c50 = FloatVector.fromArray(LANES, c, co + 5 * cs);
        FloatVector c51 = FloatVector.fromArray(LANES, c, co + 5 * cs + L);
        int a1 = ao + as;
        int a2 = ao + 2 * as;
        int a3 = ao + 3 * as;
        int a4 = ao + 4 * as;
        int a5 = ao + 5 * as;
        for (int i = 0; i < depth; i++) {
            FloatVector b0 = FloatVector.fromArray(LANES, b, bo + i * bs);
            FloatVector b1 = FloatVector.fromArray(LANES, b, bo + i * bs + L);
            FloatVector x0 = FloatVector.broadcast(LANES, a[ao + i]);
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            FloatVector x1 = FloatVector.broadcast(LANES, a[a1 + i]);
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
            FloatVector x2 = FloatVector.broadcast(LANES, a[a2 + i]);
            c20 = x2.fma(b0, c20);
            c21 = x2.fma(b1, c21);
            FloatVector x3 = FloatVector.broadcast(LANES, a[a3 + i]);
            c30 = x3.fma(b0, c30);
            c31 = x3.fma(b1, c31);
            FloatVector x4 = FloatVector.broadcast(LANES, a[a4 + i]);
            c40 = x4.fma(b0, c40);
            c41 = x4.fma(b1, c41);
            FloatVector x5 = FloatVector.broadcast(LANES, a[a5 + i]);
            c50 = x5.fma(b0, c50);
            c51 = x5.fma(b1, c51);
        }
        c00.intoArray(c, co);
        c01.intoArray(c, co + L);
        c10.intoArray(c, co + cs);
        c11.intoArray(c, co + cs + L);
        c20.intoArray(c, co + 2 * cs);
        c21.intoArray(c, co + 2 * cs + L);
        c30.intoArray(c, co + 3 * cs);
        c31.intoArray(c, co + 3 * cs + L);
        c40.intoArray(c, co + 4 * cs);
        c41.intoArray(c, co + 4 * cs + L);
        c50.intoArray(c, co + 5 * cs);
        c51.intoArray(c, co + 5 * cs + L);
    }

    static void tile1x4Panels(
            float[] a,
            int ao,
            int as,
            float[] b,
            int bo,
            int bs,
            int bPanel,
            int depth,
            float[] c,
            int co,
            int cs,
            int cPanel) {
        FloatVector c000 = FloatVector.fromArray(LANES, c, co);
        FloatVector c001 = FloatVector.fromArray(LANES, c, co + L);
        FloatVector c010 = FloatVector.fromArray(LANES, c, co + cPanel);
        FloatVector c011 = FloatVector.fromArray(LANES, c, co + cPanel + L);
        FloatVector c020 = FloatVector.fromArray(LANES, c, co + 2 * cPanel);
        FloatVector c021 = FloatVector.fromArray(LANES, c, co + 2 * cPanel + L);
        FloatVector c030 = FloatVector.fromArray(LANES, c, co + 3 * cPanel);
        FloatVector c031 = FloatVector.fromArray(LANES, c, co + 3 * cPanel + L);
        for (int i = 0; i < depth; i++) {
            int at = bo + i * bs;
            FloatVector x0 = FloatVector.broadcast(LANES, a[ao + i]);
            FloatVector b00 = FloatVector.fromArray(LANES, b, at);
            c000 = x0.fma(b00, c000);
            FloatVector b01 = FloatVector.fromArray(LANES, b, at + L);
            c001 = x0.fma(b01, c001);
            FloatVector b10 = FloatVector.fromArray(LANES, b, at + bPanel);
            c010 = x0.fma(b10, c010);
            FloatVector b11 = FloatVector.fromArray(LANES, b, at + bPanel + L);
            c011 = x0.fma(b11, c011);
            FloatVector b20 = FloatVector.fromArray(LANES, b, at + 2 * bPanel);
            c020 = x0.fma(b20, c020);
            FloatVector b21 = FloatVector.fromArray(LANES, b, at + 2 * bPanel + L);
            c021 = x0.fma(b21, c021);
            FloatVector b30 = FloatVector.fromArray(LANES, b, at + 3 * bPanel);
            c030 = x0.fma(b30, c030);
            FloatVector b31 = FloatVector.fromArray(LANES, b, at + 3 * bPanel + L);
            c031 = x0.fma(b31, c031);
        }
        c000.intoArray(c, co);
        c001.intoArray(c, co + L);
        c010.intoArray(c, co + cPanel);
        c011.intoArray(c, co + cPanel + L);
        c020.intoArray(c, co + 2 * cPanel);
        c021.intoArray(c, co + 2 * cPanel + L);
        c030.intoArray(c, co + 3 * cPanel);
        c031.intoArray(c, co + 3 * cPanel + L);
    }

    static void tile2x2Panels(
            float[] a,
            int ao,
            int as,
            float[] b,
            int bo,
            int bs,
            int bPanel,
            int depth,
            float[] c,
            int co,
            int cs,
            int cPanel) {
        FloatVector c000 = FloatVector.fromArray(LANES, c, co);
        FloatVector c001 = FloatVector.fromArray(LANES, c, co + L);
        FloatVector c010 = FloatVector.fromArray(LANES, c, co + cPanel);
        FloatVector c011 = FloatVector.fromArray(LANES, c, co + cPanel + L);
        FloatVector c100 = FloatVector.fromArray(LANES, c, co + cs);
        FloatVector c101 = FloatVector.fromArray(LANES, c, co + cs + L);
        FloatVector c110 = FloatVector.fromArray(LANES, c, co + cs + cPanel);
        FloatVector c111 = FloatVector.fromArray(LANES, c, co + cs + cPanel + L);
        int a1 = ao + as;
        for (int i = 0; i < depth; i++) {
            int at = bo + i * bs;
            FloatVector x0 = FloatVector.broadcast(LANES, a[ao + i]);
            FloatVector x1 = FloatVector.broadcast(LANES, a[a1 + i]);
            FloatVector b00 = FloatVector.fromArray(LANES, b, at);
            c000 = x0.fma(b00, c000);
            c100 = x1.fma(b00, c100);
            FloatVector b01 = FloatVector.fromArray(LANES, b, at + L);
            c001 = x0.fma(b01, c001);
            c101 = x1.fma(b01, c101);
            FloatVector b10 = FloatVector.fromArray(LANES, b, at + bPanel);
            c010 = x0.fma(b10, c010);
            c110 = x1.fma(b10, c110);
            FloatVector b11 = FloatVector.fromArray(LANES, b, at + bPanel + L);
            c011 = x0.fma(b11, c011);
            c111 = x1.fma(b11, c111);
        }
        c000.intoArray(c, co);
        c001.intoArray(c, co + L);
        c010.intoArray(c, co + cPanel);
        c011.intoArray(c, co + cPanel + L);
        c100.intoArray(c, co + cs);
        c101.intoArray(c, co + cs + L);
        c110.intoArray(c, co + cs + cPanel);
        c111.intoArray(c, co + cs + cPanel + L);
    }
}
