package dev.millrace.kernels.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The tiles of {@link VectorTiles} that need the 32 registers of AVX-512 or NEON, and those one vector wide.
 */
final class VectorTallTiles {
    private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
    private static final int L = LANES.length();

    private VectorTallTiles() {}

    static void tile1x1(
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
        for (int i = 0; i < depth; i++) {
            FloatVector b0 = FloatVector.fromArray(LANES, b, bo + i * bs);
            FloatVector x0 = FloatVector.broadcast(LANES, a[ao + i]);
            c00 = x0.fma(b0, c00);
        }
        c00.intoArray(c, co);
    }

    static void tile2x1(
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
        FloatVector c10 = FloatVector.fromArray(LANES, c, co + cs);
        int a1 = ao + as;
        for (int i = 0; i < depth; i++) {
            FloatVector b0 = FloatVector.fromArray(LANES, b, bo + i * bs);
            FloatVector x0 = FloatVector.broadcast(LANES, a[ao + i]);
            c00 = x0.fma(b0, c00);
            FloatVector x1 = FloatVector.broadcast(LANES, a[a1 + i]);
            c10 = x1.fma(b0, c10);
        }
        c00.intoArray(c, co);
        c10.intoArray(c, co + cs);
    }

    static void tile4x1(
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
        FloatVector c10 = FloatVector.fromArray(LANES, c, co + cs);
        FloatVector c20 = FloatVector.fromArray(LANES, c, co + 2 * cs);
        FloatVector c30 = FloatVector.fromArray(LANES, c, co + 3 * cs);
        int a1 = ao + as;
        int a2 = ao + 2 * as;
        int a3 = ao + 3 * as;
        for (int i = 0; i < depth; i++) {
            FloatVector b0 = FloatVector.fromArray(LANES, b, bo + i * bs);
            FloatVector x0 = FloatVector.broadcast(LANES, a[ao + i]);
            c00 = x0.fma(b0, c00);
            FloatVector x1 = FloatVector.broadcast(LANES, a[a1 + i]);
            c10 = x1.fma(b0, c10);
            FloatVector x2 = FloatVector.broadcast(LANES, a[a2 + i]);
            c20 = x2.fma(b0, c20);
            FloatVector x3 = FloatVector.broadcast(LANES, a[a3 + i]);
            c30 = x3.fma(b0, c30);
        }
        c00.intoArray(c, co);
        c10.intoArray(c, co + cs);
        c20.intoArray(c, co + 2 * cs);
        c30.intoArray(c, co + 3 * cs);
    }

    static void tile8x1(
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
        FloatVector c10 = FloatVector.fromArray(LANES, c, co + cs);
        FloatVector c20 = FloatVector.fromArray(LANES, c, co + 2 * cs);
        FloatVector c30 = FloatVector.fromArray(LANES, c, co + 3 * cs);
        FloatVector c40 = FloatVector.fromArray(LANES, c, co + 4 * cs);
        FloatVector c50 = FloatVector.fromArray(LANES, c, co + 5 * cs);
        FloatVector c60 = FloatVector.fromArray(LANES, c, co + 6 * cs);
        FloatVector c70 = FloatVector.fromArray(LANES, c, co + 7 * cs);
        int a1 = ao + as;
        int a2 = ao + 2 * as;
        int a3 = ao + 3 * as;
        int a4 = ao + 4 * as;
        int a5 = ao + 5 * as;
        int a6 = ao + 6 * as;
        int a7 = ao + 7 * as;
        for (int i = 0; i < depth; i++) {
            FloatVector b0 = FloatVector.fromArray(LANES, b, bo + i * bs);
            FloatVector x0 = FloatVector.broadcast(LANES, a[ao + i]);
            c00 = x0.fma(b0, c00);
            FloatVector x1 = FloatVector.broadcast(LANES, a[a1 + i]);
            c10 = x1.fma(b0, c10);
            FloatVector x2 = FloatVector.broadcast(LANES, a[a2 + i]);
            c20 = x2.fma(b0, c20);
            FloatVector x3 = FloatVector.broadcast(LANES, a[a3 + i]);
            c30 = x3.fma(b0, c30);
            FloatVector x4 = FloatVector.broadcast(LANES, a[a4 + i]);
            c40 = x4.fma(b0, c40);
            FloatVector x5 = FloatVector.broadcast(LANES, a[a5 + i]);
            c50 = x5.fma(b0, c50);
            FloatVector x6 = FloatVector.broadcast(LANES, a[a6 + i]);
            c60 = x6.fma(b0, c60);
            FloatVector x7 = FloatVector.broadcast(LANES, a[a7 + i]);
            c70 = x7.fma(b0, c70);
        }
        c00.intoArray(c, co);
        c10.intoArray(c, co + cs);
        c20.intoArray(c, co + 2 * cs);
        c30.intoArray(c, co + 3 * cs);
        c40.intoArray(c, co + 4 * cs);
        c50.intoArray(c, co + 5 * cs);
        c60.intoArray(c, co + 6 * cs);
        c70.intoArray(c, co + 7 * cs);
    }

    static void tile8x2(
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
        FloatVector c60 = FloatVector.fromArray(LANES, c, co + 6 * cs);
        FloatVector c61 = FloatVector.fromArray(LANES, c, co + 6 * cs + L);
        FloatVector c70 = FloatVector.fromArray(LANES, c, co + 7 * cs);
        FloatVector c71 = FloatVector.fromArray(LANES, c, co + 7 * cs + L);
        int a1 = ao + as;
        int a2 = ao + 2 * as;
        int a3 = ao + 3 * as;
        int a4 = ao + 4 * as;
        int a5 = ao + 5 * as;
        int a6 = ao + 6 * as;
        int a7 = ao + 7 * as;
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
            FloatVector x6 = FloatVector.broadcast(LANES, a[a6 + i]);
            c60 = x6.fma(b0, c60);
            c61 = x6.fma(b1, c61);
            FloatVector x7 = FloatVector.broadcast(LANES, a[a7 + i]);
            c70 = x7.fma(b0, c70);
            c71 = x7.fma(b1, c71);
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
        c60.intoArray(c, co + 6 * cs);
        c61.intoArray(c, co + 6 * cs + L);
        c70.intoArray(c, co + 7 * cs);
        c71.intoArray(c, co + 7 * cs + L);
    }

    static void tile12x2(
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
        FloatVector c60 = FloatVector.fromArray(LANES, c, co + 6 * cs);
        FloatVector c61 = FloatVector.fromArray(LANES, c, co + 6 * cs + L);
        FloatVector c70 = FloatVector.fromArray(LANES, c, co + 7 * cs);
        FloatVector c71 = FloatVector.fromArray(LANES, c, co + 7 * cs + L);
        FloatVector c80 = FloatVector.fromArray(LANES, c, co + 8 * cs);
        FloatVector c81 = FloatVector.fromArray(LANES, c, co + 8 * cs + L);
        FloatVector c90 = FloatVector.fromArray(LANES, c, co + 9 * cs);
        FloatVector c91 = FloatVector.fromArray(LANES, c, co + 9 * cs + L);
        FloatVector c100 = FloatVector.fromArray(LANES, c, co + 10 * cs);
        FloatVector c101 = FloatVector.fromArray(LANES, c, co + 10 * cs + L);
        FloatVector c110 = FloatVector.fromArray(LANES, c, co + 11 * cs);
        FloatVector c111 = FloatVector.fromArray(LANES, c, co + 11 * cs + L);
        int a1 = ao + as;
        int a2 = ao + 2 * as;
        int a3 = ao + 3 * as;
        int a4 = ao + 4 * as;
        int a5 = ao + 5 * as;
        int a6 = ao + 6 * as;
        int a7 = ao + 7 * as;
        int a8 = ao + 8 * as;
        int a9 = ao + 9 * as;
        int a10 = ao + 10 * as;
        int a11 = ao + 11 * as;
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
            FloatVector x6 = FloatVector.broadcast(LANES, a[a6 + i]);
            c60 = x6.fma(b0, c60);
            c61 = x6.fma(b1, c61);
            FloatVector x7 = FloatVector.broadcast(LANES, a[a7 + i]);
            c70 = x7.fma(b0, c70);
            c71 = x7.fma(b1, c71);
            FloatVector x8 = FloatVector.broadcast(LANES, a[a8 + i]);
            c80 = x8.fma(b0, c80);
            c81 = x8.fma(b1, c81);
            FloatVector x9 = FloatVector.broadcast(LANES, a[a9 + i]);
            c90 = x9.fma(b0, c90);
            c91 = x9.fma(b1, c91);
            FloatVector x10 = FloatVector.broadcast(LANES, a[a10 + i]);
            c100 = x10.fma(b0, c100);
            c101 = x10.fma(b1, c101);
            FloatVector x11 = FloatVector.broadcast(LANES, a[a11 + i]);
            c110 = x11.fma(b0, c110);
            c111 = x11.fma(b1, c111);
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
        c60.intoArray(c, co + 6 * cs);
        c61.intoArray(c, co + 6 * cs + L);
        c70.intoArray(c, co + 7 * cs);
        c71.intoArray(c, co + 7 * cs + L);
        c80.intoArray(c, co + 8 * cs);
        c81.intoArray(c, co + 8 * cs + L);
        c90.intoArray(c, co + 9 * cs);
        c91.intoArray(c, co + 9 * cs + L);
        c100.intoArray(c, co + 10 * cs);
        c101.intoArray(c, co + 10 * cs + L);
        c110.intoArray(c, co + 11 * cs);
        c111.intoArray(c, co + 11 * cs + L);
    }
}
