# Run inside a mount namespace of its own: small_file_system.sh PROGRAM SPEC MOUNTPOINT KILOBYTES.
# Prints what each step exited with; the program's words go to standard error.
program=$1; spec=$2; place=$3
mount --make-rprivate / || exit 9
mount -t tmpfs -o "size=${4}k" none "$place" || exit 9
"$program" sweep "$spec" --store "$place/store" -j 1 -q; echo "small=$?"
"$program" ls --store "$place/store" > /dev/null; echo "read=$?"
mount -o remount,size=64m "$place" || exit 9
"$program" sweep "$spec" --store "$place/store" -j 1 -q; echo "grown=$?"
echo "digest=$("$program" store digest --verify --store "$place/store")"
sed 's/"name": "small"/"name": "another"/; s/"seeds": 1/"seeds": 2/' "$spec" > "$place/another.json"
mount -o remount,ro "$place" || exit 9
"$program" sweep "$place/another.json" --store "$place/store" -j 1 -q; echo "readonly=$?"
"$program" sweep "$spec" --store "$place/store" -j 1 -q; echo "same=$?"
echo "frozen=$("$program" store digest --verify --store "$place/store")"
