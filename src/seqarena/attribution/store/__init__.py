"""The files of a run that say where its model looked, each within a budget and with a checksum."""
