// SPDX-License-Identifier: GPL-2.0
/**
 * A heap with live objects (200,000 of 1 kB in a table), of which the first 32,000 are read and written at random, and
 * garbage besides: the collector goes through the young generation again and again. Ends after so many seconds; tells every
 * 5 s how many objects there were in a second, and how long the longest of its steps took.
 */
public class Garbage {
	private static final int LIVE = 200_000;
	private static final int HOT = 32_000;
	private static final int OBJECT_BYTES = 1000;
	private static final int GARBAGE_BYTES = 512;
	private static final int KEPT = 64;
	private static final int STEP = 1000;
	private static final long TELL_NS = 5_000_000_000L;

	private long random = 88172645463325252L;

	private long next() {
		random ^= random << 13;
		random ^= random >>> 7;
		random ^= random << 17;
		return random;
	}

	private int below(int bound) {
		return (int) ((next() >>> 1) % bound);
	}

	/** Touches so many objects, and throws one away with each 32nd. */
	private void work(byte[][] live, byte[][] kept, int count) {
		for (int i = 0; i < count; i++) {
			byte[] object = live[below(HOT)];
			object[below(OBJECT_BYTES)]++;
			if (i % 32 == 0)
				kept[below(KEPT)] = new byte[GARBAGE_BYTES];
		}
	}

	private void run(byte[][] live, long end) {
		byte[][] kept = new byte[KEPT][];
		long now = System.nanoTime(), told = now, longest = 0, steps = 0;

		while (now < end) {
			long began = now;

			work(live, kept, STEP);
			steps++;
			now = System.nanoTime();
			longest = Math.max(longest, now - began);
			if (now - told < TELL_NS)
				continue;
			System.out.printf("objects_per_s %d longest_ms %d%n", steps * STEP * 1_000_000_000L / (now - told),
				longest / 1_000_000);
			told = now;
			longest = steps = 0;
		}
	}

	public static void main(String[] arguments) {
		long end = System.nanoTime() + Long.parseLong(arguments[0]) * 1_000_000_000L;
		byte[][] live = new byte[LIVE][];
		Garbage garbage = new Garbage();

		for (int i = 0; i < LIVE; i++)
			live[i] = new byte[OBJECT_BYTES];
		System.out.println("filled");
		garbage.run(live, end);
	}
}
