"""One small good file of every text format, by reader; the words are our own."""

from __future__ import annotations

import json

HI, HELLO = {"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}
STUDIO = {
    "id": 1,
    "data": {"dialogue": [{"author": "T", "text": "How are you?"}, {"author": "C", "text": "Ok."}]},
    "annotations": [
        {
            "completed_by": 1,
            "result": [
                {
                    "id": "r1",
                    "from_name": "code",
                    "to_name": "dialogue",
                    "type": "paragraphlabels",
                    "value": {
                        "start": "0",
                        "end": "0",
                        "startOffset": 0,
                        "endOffset": 3,
                        "paragraphlabels": ["question"],
                    },
                }
            ],
        }
    ],
}
NODE = {"id": "r", "message": None, "parent": None, "children": ["q"]}
SAID = {
    "id": "q",
    "parent": "r",
    "children": [],
    "message": {
        "author": {"role": "user"},
        "content": {"content_type": "text", "parts": ["Hi."]},
        "create_time": 1.5,
    },
}
DISCORD = {
    "guild": {"id": "1", "name": "g"},
    "channel": {"id": "2", "name": "help"},
    "messages": [
        {
            "id": "10",
            "type": "Default",
            "timestamp": "2024-01-01T10:00:00+00:00",
            "content": "Hi.",
            "author": {"id": "5", "name": "ann", "isBot": False},
            "reference": None,
        }
    ],
}
RECCON = {
    "tr_1": [
        [
            {
                "turn": 1,
                "speaker": "A",
                "utterance": "I lost my keys .",
                "emotion": "sadness",
                "expanded emotion cause evidence": [1, "b"],
                "expanded emotion cause span": ["lost my keys", "b"],
                "type": ["no-context"],
            }
        ]
    ]
}
CHA = (
    "@UTF8\n@Begin\n@Languages:\teng\n@Participants:\tTHE Ann Therapist, CLI Bob Client\n"
    "@ID:\teng|corpus|THE|||||Therapist|||\n@ID:\teng|corpus|CLI|||||Client|||\n"
    "*THE:\thow are you ? \x150_1500\x15\n%mor:\tadv|how ?\n*CLI:\tfine [laughs] .\n@End\n"
)
EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2024-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0">
<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/>
<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="0"/>
<TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="900"/></TIME_ORDER>
<TIER LINGUISTIC_TYPE_REF="t" PARTICIPANT="Ann" TIER_ID="Ann">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
<ANNOTATION_VALUE>Hello there.</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="t" TIME_ALIGNABLE="true"/></ANNOTATION_DOCUMENT>
"""
GRID = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 2
tiers? <exists>
size = 1
item []:
    item [1]:
        class = "IntervalTier"
        name = "Ann"
        xmin = 0
        xmax = 2
        intervals: size = 1
        intervals [1]:
            xmin = 0
            xmax = 2
            text = "Hello ""there""."
"""
ANNOMI = (
    "transcript_id,mi_quality,video_title,video_url,topic,utterance_id,interlocutor,timestamp,"
    "utterance_text,main_therapist_behaviour,client_talk_type\n"
    "0,high,a,b,c,0,client,00:00:01,Yes.,n/a,change\n0,high,a,b,c,1,therapist,00:00:02,So?,question,n/a\n"
)

SEEDS: dict[str, list[str]] = {
    "annomi": [ANNOMI],
    "cha": [CHA],
    "chat": [
        json.dumps({"messages": [HI, HELLO]}),
        json.dumps([{"id": 1, "conversations": [{"from": "human", "value": "Hi."}]}]),
    ],
    "chatgpt": [
        json.dumps(
            [{"title": "t", "id": "c", "mapping": {"r": NODE, "q": SAID}, "current_node": "q"}]
        )
    ],
    "counsel-chat": [
        "questionID,questionTitle,questionText,questionLink,topic,therapistInfo,therapistURL,answerText,"
        "upvotes,views\n0,Sad,I feel sad.,http://x,depression,Ann,http://y,<p>Tell me more.</p>,1,10\n"
    ],
    "cped": [
        "TV_ID,TV_Name,Dialogue_ID,Utterance_ID,Speaker,Gender,Age,Neuroticism,Extraversion,Openness,"
        "Agreeableness,Conscientiousness,Scene,FacePosition_LU,FacePosition_RD,Sentiment,Emotion,DA,Utterance\n"
        "01,家,01_000,01_000_000,童文洁,female,middle-aged,high,high,low,low,high,home,10_20,30_40,"
        "neutral,neutral,greeting,你好。\n"
    ],
    "csv-long": [
        "conversation_id,turn,id,speaker,role,text,unit,unit_id,scheme,coder,coder_kind,round,label\n"
        "a,0,a-0,T,therapist,How are you?,utterance,a-0,s,h1,human,1,question\n"
    ],
    "daic-woz": [
        "start_time\tstop_time\tspeaker\tvalue\n0.5\t1.5\tEllie\thi (hi i'm ellie)\n"
        "2\t3\tParticipant\thello\n"
    ],
    "discord": [json.dumps(DISCORD)],
    "doccano": [json.dumps({"id": 1, "text": "I lost my job.", "label": [[0, 1, "self"]]}) + "\n"],
    "eaf": [EAF],
    "emorynlp": [
        "Utterance,Speaker,Emotion,Scene_ID,Utterance_ID,Season,Episode,Sr No.\n"
        "Hi there!,['Ann Lee'],Joyful,0,0,1,1,1\n"
    ],
    "empathetic-dialogues": [
        "conv_id,utterance_idx,context,prompt,speaker_idx,utterance,selfeval,tags\n"
        "hit:0_conv:1,1,sad,I lost my keys,1,I lost them_comma_ all.,5|5|5_2|2|5,\n"
    ],
    "esconv": [
        json.dumps(
            {
                "emotion_type": "x",
                "problem_type": "y",
                "situation": "z",
                "dialog": [{"text": "a", "speaker": "usr"}, {"text": "b", "speaker": "sys"}],
            }
        )
    ],
    "label-studio": [json.dumps([STUDIO])],
    "llm-log": [
        json.dumps({"request": {"messages": [HI]}, "response": {"choices": [{"message": HELLO}]}})
    ],
    "meld": [
        "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,"
        "StartTime,EndTime\n"
        '1,"Hi, you.",Ann,joy,positive,0,0,1,2,"00:16:16,059","00:16:21,731"\n'
    ],
    "openassistant": [
        json.dumps(
            {
                "message_tree_id": "t",
                "prompt": {
                    "message_id": "m",
                    "text": "Hi.",
                    "role": "prompter",
                    "replies": [{"message_id": "n", "text": "Hello.", "role": "assistant"}],
                },
            }
        )
    ],
    "otter": ["Ann Lee  0:08  \nHow are you?\n\nBob  1:02:03  \nFine.\n\n"],
    "persuasion-for-good": [
        ",Unit,Turn,B4,B2\n0,Hello.,0,0,20180904-1\n1,Hi there.,0,1,20180904-1\n"
    ],
    "plain": ["Ann: How are you?\nBob: Fine.\nthank you\nAnn: Good: very good.\nBob: Yes.\n"],
    "reccon": [json.dumps(RECCON)],
    "sbv": ["0:00:00.599,0:00:04.160\nAnn: How are you?\n\n0:00:04.160,0:00:05\nFine.\n"],
    "srt": [
        "1\n00:00:01,000 --> 00:00:02,000\nAnn: How are you?\n\n"
        "2\n00:00:02,5 --> 00:00:03\n<i>Fine.</i>\n"
    ],
    "table": [
        'speaker,text,start\ntherapist,How are you?,0:01\nclient,"Fine, thanks",2\n',
        '{"session": "a", "speaker": "T", "text": "x", "n": 1}\n'
        '{"session": "a", "speaker": "C", "text": "y"}\n',
    ],
    "textgrid": [GRID],
    "vtt": [
        "WEBVTT\nKind: captions\n\nNOTE x\n\n1\n00:00:01.000 --> 00:00:02.000\n<v Ann>How are you?</v>\n\n"
        "0:0:2.0 --> 0:0:3.0 align:start\nBob: Fine &amp; well.\n"
    ],
    "whatsapp": [
        "[12/31/23, 11:59:58 PM] Ann: Hi.\n[12/31/23, 11:59:59 PM] Bob: Hello\nyou\n"
        "1/1/24, 12:01 AM - Ann: ok\n"
    ],
}
