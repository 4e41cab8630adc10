# A game that does nothing for RUN_FOR_S seconds (60 by default), leaves the list, and ends.
extends Node

func _ready():
	var seconds = float(OS.get_environment("RUN_FOR_S")) if OS.has_environment("RUN_FOR_S") else 60.0
	yield(get_tree().create_timer(seconds), "timeout")
	yield(get_node("/root/Rollcall").leave(), "completed")
	get_tree().quit()
