from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sandbox", "0003_what_goes_with_what"),
    ]

    operations = [
        migrations.AddField(
            model_name="application",
            name="python",
            field=models.CharField(
                blank=True,
                help_text="The interpreter of its releases; empty: that of the sandbox.",
                max_length=500,
            ),
        ),
    ]
